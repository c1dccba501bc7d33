package dev.engram.etrace;

import dev.engram.ir.SourceLocation;

/** A filter on a trace before it is multiplied by the learning signal. */
public sealed interface TraceFilter {

  /** No filter. */
  record None() implements TraceFilter {
    @Override
    public String toString() {
      return "none";
    }
  }

  /**
   * A low-pass filter, {@code ē ← κ ē + ε}, that matches a leaky readout. Bellec et al. (2020),
   * equation 28.
   *
   * @param kappa in [0, 1); 0 means no filter
   */
  record Kappa(double kappa) implements TraceFilter {
    public Kappa {
      if (!(kappa >= 0 && kappa < 1)) {
        throw new EtraceException(
            "kappa is "
                + kappa
                + ", expected 0 <= kappa < 1 ("
                + SourceLocation.here()
                + "); it is the readout's leak, the share that stays in a step, such as 0.9");
      }
    }

    @Override
    public String toString() {
      return "kappa";
    }
  }
}
