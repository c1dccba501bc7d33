package dev.engram.cli.doctor;

import dev.engram.cli.terminal.Unexpected;
import dev.engram.ir.EngramException;

/** What became of a program on a device. */
sealed interface Outcome {
  /**
   * It gave what the interpreter gives.
   *
   * @param compileNanos from the graph to code
   * @param runNanos of the fastest run, with the results read
   */
  record Works(long compileNanos, long runNanos) implements Outcome {}

  /** It gave something else, or threw. */
  record Fails(String message) implements Outcome {}

  /** Describes what was thrown; errors of the library say all in their message. */
  static String message(Throwable e) {
    return e instanceof EngramException && e.getMessage() != null
        ? e.getMessage()
        : Unexpected.line(e);
  }
}
