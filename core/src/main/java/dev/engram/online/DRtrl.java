package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * D-RTRL: a trace for every weight, propagated by the diagonal of the state Jacobian. Exact where
 * the recurrence is diagonal; memory O(batch · parameters), constant in the sequence length.
 *
 * @see Rule#dRtrl
 */
public final class DRtrl<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public DRtrl(Network<X, O> model) {
    this(model, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public DRtrl(Network<X, O> model, Consumer<Diagnostic> warnings) {
    super(model, Rule.dRtrl(), RandomKey.of(0), warnings);
  }
}
