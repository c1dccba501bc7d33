package dev.engram.cli.inspect;

/** The stages of the compiler, in their order. */
public enum DumpStage {
  /** The step as it was traced. */
  TRACED,
  /** With its derivatives. */
  DIFFERENTIATED,
  /** With eligibility traces and the learning rule. */
  ETRACE,
  /** After the generic passes. */
  SIMPLIFIED,
  /** As a loop program. */
  LOWERED,
  /** As JVM bytecode. */
  BYTECODE
}
