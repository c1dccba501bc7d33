package dev.engram.etrace;

/** The signal that a trace is multiplied by to form a gradient. */
public sealed interface LearningSignal {

  /** The loss's own derivative with respect to the new hidden state. */
  record Symmetric() implements LearningSignal {
    @Override
    public String toString() {
      return "symmetric";
    }
  }

  /**
   * The loss's derivative with respect to the model's results, of any width, sent back through
   * fixed random weights; the derivative with respect to states that the loss reads directly is
   * added. Lillicrap et al. (2016); Bellec et al. (2020), random e-prop.
   */
  record RandomFeedback() implements LearningSignal {
    @Override
    public String toString() {
      return "random feedback";
    }
  }

  /** A scalar that the caller gives with each step: reward, surprise. */
  record Modulatory() implements LearningSignal {
    @Override
    public String toString() {
      return "modulatory";
    }
  }

  /**
   * The loss's own derivative plus a prediction, made from the new hidden states, of what later
   * losses will add. Jaderberg et al., "Decoupled neural interfaces using synthetic gradients"
   * (2017).
   */
  record Bootstrapped() implements LearningSignal {
    @Override
    public String toString() {
      return "bootstrapped";
    }
  }
}
