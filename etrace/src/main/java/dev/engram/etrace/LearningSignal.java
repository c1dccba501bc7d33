package dev.engram.etrace;

import dev.engram.etrace.analysis.UserClass;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** The signal that a trace is multiplied by to form a gradient. */
public sealed interface LearningSignal {

  /** Returns its name in reports and errors. */
  default String name() {
    return toString();
  }

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

  /**
   * A signal of one's own.
   *
   * <pre>{@code
   * LearningSignal.Custom signs = s -> s.derivative().sign();
   * }</pre>
   *
   * <p>It is called once for each hidden state while a model is prepared, and computes with tensors
   * alone. It may capture tensors that have values, such as fixed weights of a feedback; they stay
   * as they are. Like every signal it multiplies traces only: a weight that no trace follows, such
   * as a readout's, gets the gradient of the step itself.
   */
  non-sealed interface Custom extends LearningSignal {

    /**
     * Returns the signal for a hidden state.
     *
     * @return a tensor of the state's type; another one is an error when a model is prepared
     */
    Tensor signal(Sources sources);

    /** Returns its name in reports: that of its class, or {@code custom} if it has none. */
    @Override
    default String name() {
      return UserClass.name(this);
    }
  }

  /**
   * What a {@link Custom} signal for a hidden state is computed from, in one step of one example.
   *
   * @param state the path of the state, such as {@code rnn.h}
   * @param value its new value
   * @param derivative the loss's own derivative with respect to the new value, with the other
   *     states of its group held fixed, or all others where traces follow every path: the signal of
   *     {@link Symmetric}
   * @param direct the part of it that does not come from the results, for a loss that reads the
   *     state itself; else 0
   * @param cotangents the loss's derivative with respect to the model's float results, one after
   *     the other, {@code [elements]}, in the state's element type
   */
  record Sources(String state, Tensor value, Tensor derivative, Tensor direct, Tensor cotangents) {
    public Sources {
      Given.given("Sources", "state", state);
      Given.given("Sources", "value", value);
      Given.given("Sources", "derivative", derivative);
      Given.given("Sources", "direct", direct);
      Given.given("Sources", "cotangents", cotangents);
    }
  }
}
