package dev.engram.cli;

/** How a program is printed. */
enum Form {
  /** For people: long constants cut short. */
  TEXT,
  /** As {@code engram run} and {@code engram opt} read it back. */
  EXACT,
  /** For Graphviz. */
  DOT,
  /** For Model Explorer. */
  JSON
}
