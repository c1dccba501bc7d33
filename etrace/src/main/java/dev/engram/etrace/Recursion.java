package dev.engram.etrace;

import dev.engram.ir.SourceLocation;

/** How a trace is propagated from one step to the next. */
public sealed interface Recursion {

  /** By the state Jacobian, as much of it as the {@link Scope} keeps. */
  record Jacobian() implements Recursion {
    @Override
    public String toString() {
      return "jacobian";
    }
  }

  /**
   * By a constant in place of the Jacobian's diagonal; states do not mix.
   *
   * @param decay in [0, 1]
   */
  record Leak(double decay) implements Recursion {
    public Leak {
      if (!(decay >= 0 && decay <= 1)) {
        throw new EtraceException(
            "the leak is "
                + decay
                + ", expected 0 <= leak <= 1 ("
                + SourceLocation.here()
                + "); give the share of the state that stays in a step, such as 0.9");
      }
    }

    @Override
    public String toString() {
      return "leak";
    }
  }

  /** Not at all: a trace only holds its own step. */
  record None() implements Recursion {
    @Override
    public String toString() {
      return "none";
    }
  }
}
