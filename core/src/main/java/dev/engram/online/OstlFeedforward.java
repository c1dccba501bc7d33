package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * OSTL without recurrent weights: one trace for inputs and one for outputs, with very little
 * memory.
 *
 * @see Rule#ostlFeedforward
 */
public final class OstlFeedforward<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public OstlFeedforward(Network<X, O> model) {
    this(model, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public OstlFeedforward(Network<X, O> model, Consumer<Diagnostic> warnings) {
    super(model, Rule.ostlFeedforward(), RandomKey.of(0), warnings);
  }
}
