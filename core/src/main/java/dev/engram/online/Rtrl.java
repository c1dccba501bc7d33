package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * Real-time recurrent learning: exact for every model whose memory is in hidden states, for small
 * nets and as a reference. Memory O(batch · parameters · hidden); time grows with its square.
 *
 * @see Rule#rtrl
 */
public final class Rtrl<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public Rtrl(Network<X, O> model) {
    this(model, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public Rtrl(Network<X, O> model, Consumer<Diagnostic> warnings) {
    super(model, Rule.rtrl(), RandomKey.of(0), warnings);
  }
}
