package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * UORO: real-time recurrent learning with a random projection. Unbiased and noisy; memory O(batch ·
 * (parameters + hidden)).
 *
 * @see Rule#uoro
 */
public final class Uoro<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public Uoro(Network<X, O> model, RandomKey key) {
    this(model, key, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public Uoro(Network<X, O> model, RandomKey key, Consumer<Diagnostic> warnings) {
    super(model, Rule.uoro(), key, warnings);
  }
}
