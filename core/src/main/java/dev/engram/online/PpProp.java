package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import dev.engram.ir.checks.Given;
import java.util.function.Consumer;

/**
 * pp-prop, also called ES-D-RTRL: one trace for the input and one for the output of each site;
 * memory O(batch · (in + out)).
 *
 * @see Rule#ppProp
 */
public class PpProp<X, O> extends Learner<X, O> {

  /**
   * Uses one decay for both sides and logs warnings.
   *
   * @param decay in (0, 1)
   */
  public PpProp(Network<X, O> model, double decay) {
    this(model, Factorization.InputOutput.decay(decay), logged(model));
  }

  /**
   * Uses the decay (rank - 1) / (rank + 1), which remembers about as much as {@code rank} outer
   * products, and logs warnings.
   *
   * @param rank at least 2
   */
  public static <X, O> PpProp<X, O> ofRank(Network<X, O> model, int rank) {
    Given.given("PpProp.ofRank", "model", model);
    return new PpProp<>(model, Factorization.InputOutput.rank(rank), logged(model));
  }

  /**
   * @param decays such as {@code new Factorization.InputOutput(0.9, 0.95)} for the input side and
   *     the output side
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public PpProp(
      Network<X, O> model, Factorization.InputOutput decays, Consumer<Diagnostic> warnings) {
    super(model, Rule.ppProp(decays), RandomKey.of(0), warnings);
  }
}
