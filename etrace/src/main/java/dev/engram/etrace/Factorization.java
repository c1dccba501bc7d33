package dev.engram.etrace;

import dev.engram.ir.SourceLocation;

/** How an eligibility trace is factorized. */
public sealed interface Factorization {

  /** One element for each weight and each hidden position that it reaches: memory O(θ). */
  record PerWeight() implements Factorization {
    @Override
    public String toString() {
      return "per weight";
    }
  }

  /**
   * The outer product of a trace of the site's input and one of its output: memory O(in + out).
   *
   * <pre>
   *   εx ← αx εx + x              αx = inputDecay
   *   εf ← αf D εf + (1 - αf) f   αf = outputDecay, divided by 1 - αf^(t+1) when it is used
   * </pre>
   *
   * Wang et al., "A scalable online learning framework for recurrent networks" (ES-D-RTRL).
   *
   * @param inputDecay in [0, 1)
   * @param outputDecay in (0, 1)
   */
  record InputOutput(double inputDecay, double outputDecay) implements Factorization {
    public InputOutput {
      if (!(inputDecay >= 0 && inputDecay < 1)) {
        throw refused("the decay of the input side is " + inputDecay + ", expected 0 <= decay < 1");
      }
      if (!(outputDecay > 0 && outputDecay < 1)) {
        throw refused(
            "the decay of the output side is " + outputDecay + ", expected 0 < decay < 1");
      }
    }

    private static EtraceException refused(String what) {
      return new EtraceException(
          what
              + " ("
              + SourceLocation.here()
              + "); give the share that a step keeps, such as 0.9, or the rank with"
              + " InputOutput.rank, such as PpProp.ofRank(model, 20)");
    }

    /** Returns the factorization with one decay for both sides. */
    public static InputOutput decay(double decay) {
      return new InputOutput(decay, decay);
    }

    /**
     * Returns the factorization with the decay (rank - 1) / (rank + 1), which remembers about as
     * much as {@code rank} outer products.
     */
    public static InputOutput rank(int rank) {
      if (rank < 2) {
        throw new EtraceException(
            "the rank is "
                + rank
                + ", expected at least 2 ("
                + SourceLocation.here()
                + "); for a decay call InputOutput.decay, such as new PpProp<>(model, 0.9)");
      }
      return decay((rank - 1.0) / (rank + 1.0));
    }

    @Override
    public String toString() {
      return "input x output";
    }
  }

  /**
   * The outer product of a random combination of all hidden states and one of all weights: memory
   * O(θ + H) also for the full Jacobian. Unbiased. Tallec and Ollivier, "Unbiased online recurrent
   * optimization" (2018).
   */
  record RandomProjection() implements Factorization {
    @Override
    public String toString() {
      return "random projection";
    }
  }
}
