package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * SnAp-n: traces for the hidden positions that a weight can reach in n steps. Memory is O(batch ·
 * parameters · K), where a weight reaches at most K positions: {@code report().keptOf} says how
 * many they are, and {@link dev.engram.etrace.Scope.Snap} how they are found. With n of 2 or more
 * and dense recurrent weights K is all of them, and this is real-time recurrent learning within
 * each hidden group, which is exact.
 *
 * @see Rule#snAp
 */
public final class SnAp<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public SnAp(Network<X, O> model, int n) {
    this(model, n, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public SnAp(Network<X, O> model, int n, Consumer<Diagnostic> warnings) {
    super(model, Rule.snAp(n), RandomKey.of(0), warnings);
  }
}
