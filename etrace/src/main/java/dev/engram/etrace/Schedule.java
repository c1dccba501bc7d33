package dev.engram.etrace;

import dev.engram.ir.SourceLocation;

/**
 * When the learning signal is taken. The two are different estimators, and are equal only where the
 * recursion is exact.
 */
public sealed interface Schedule {

  /** After each step: the signal sees that step's loss alone. */
  record PerStep() implements Schedule {
    @Override
    public String toString() {
      return "per step";
    }
  }

  /**
   * After each {@code steps} steps: within the window gradients go back through time, and the
   * traces at its start stand for all that was before.
   *
   * @param steps at least 1
   */
  record Window(int steps) implements Schedule {
    public Window {
      if (steps < 1) {
        throw new EtraceException(
            "a window of "
                + steps
                + " steps, expected at least 1 ("
                + SourceLocation.here()
                + "); without windows it is Schedule.PerStep");
      }
    }

    @Override
    public String toString() {
      return "window";
    }
  }
}
