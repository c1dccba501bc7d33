package dev.engram.cli.inspect;

/** How a program is printed. */
public enum Form {
  /** For people: long constants are abbreviated. */
  TEXT,
  /** As {@code engram run} and {@code engram opt} read it back. */
  EXACT,
  /** For Graphviz. */
  DOT,
  /** For Model Explorer. */
  JSON
}
