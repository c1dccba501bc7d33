package dev.engram.etrace;

import dev.engram.ir.SourceLocation;

/**
 * When the learning signal is computed. The two schedules are different estimators, and are equal
 * only where the recursion is exact.
 */
public sealed interface Schedule {

  /** After each step: the signal only includes that step's loss. */
  record PerStep() implements Schedule {
    @Override
    public String toString() {
      return "per step";
    }
  }

  /**
   * After each {@code steps} steps: backpropagation through time within the window, and the traces
   * at its start for everything before.
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
