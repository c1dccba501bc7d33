package dev.engram.etrace;

/** What is done to a trace before it meets the learning signal. */
public sealed interface TraceFilter {

  /** Nothing. */
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
   * @param kappa in [0, 1)
   */
  record Kappa(double kappa) implements TraceFilter {
    public Kappa {
      if (!(kappa >= 0 && kappa < 1)) {
        throw new EtraceException("kappa is " + kappa + ", expected 0 <= kappa < 1");
      }
    }

    @Override
    public String toString() {
      return "kappa";
    }
  }
}
