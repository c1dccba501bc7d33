package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * OSTL with recurrent weights: {@link DRtrl} plus the influence of each position on itself through
 * the recurrent weights. Costs one directional derivative of the step for each hidden element.
 *
 * @see Rule#ostlRecurrent
 */
public final class OstlRecurrent<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public OstlRecurrent(Network<X, O> model) {
    this(model, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public OstlRecurrent(Network<X, O> model, Consumer<Diagnostic> warnings) {
    super(model, Rule.ostlRecurrent(), RandomKey.of(0), warnings);
  }
}
