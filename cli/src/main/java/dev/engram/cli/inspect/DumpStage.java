package dev.engram.cli.inspect;

/** The stages of the compiler, in order. */
public enum DumpStage {
  /** The step as it was traced. */
  TRACED,
  /** With its derivatives. */
  DIFFERENTIATED,
  /** With eligibility traces and the learning rule. */
  ETRACE,
  /** After the simplification passes. */
  SIMPLIFIED,
  /** As a loop program. */
  LOWERED,
  /** As JVM bytecode. */
  BYTECODE,
  /** As CUDA C, for which no card is needed. */
  CUDA;

  /** True where there is code of a machine, and no graph or loops. */
  boolean isCode() {
    return this == BYTECODE || this == CUDA;
  }
}
