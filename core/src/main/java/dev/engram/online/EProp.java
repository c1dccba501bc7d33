package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * e-prop: {@link DRtrl}, low-pass filtered, with the loss's own derivative or with random feedback
 * from the model's results.
 *
 * @see Rule#eProp
 */
public final class EProp<X, O> extends Learner<X, O> {

  /**
   * Uses symmetric feedback, the loss's own derivative, and logs warnings.
   *
   * @param kappa decay of the filter, in [0, 1): that of the leaky readout
   */
  public EProp(Network<X, O> model, double kappa) {
    this(model, kappa, logged(model));
  }

  /**
   * Uses symmetric feedback, the loss's own derivative.
   *
   * @param kappa decay of the filter, in [0, 1)
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public EProp(Network<X, O> model, double kappa, Consumer<Diagnostic> warnings) {
    super(model, Rule.eProp(kappa), RandomKey.of(0), warnings);
  }

  /**
   * Uses random feedback: fixed weights, drawn from {@code feedback}, from the model's results, of
   * any width, to each hidden state.
   *
   * @param kappa decay of the filter, in [0, 1)
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public EProp(
      Network<X, O> model, double kappa, RandomKey feedback, Consumer<Diagnostic> warnings) {
    super(model, Rule.eProp(kappa).with(new LearningSignal.RandomFeedback()), feedback, warnings);
  }
}
