package dev.engram.online;

import dev.engram.Network;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Factorization;
import dev.engram.ir.checks.Given;
import java.util.function.Consumer;

/** ES-D-RTRL: {@link PpProp} under its other name. */
public final class EsDRtrl<X, O> extends PpProp<X, O> {

  /**
   * Uses one decay for both sides and logs warnings.
   *
   * @param decay in (0, 1)
   */
  public EsDRtrl(Network<X, O> model, double decay) {
    super(model, decay);
  }

  /** {@link PpProp#ofRank}. */
  public static <X, O> EsDRtrl<X, O> ofRank(Network<X, O> model, int rank) {
    Given.given("EsDRtrl.ofRank", "model", model);
    return new EsDRtrl<>(model, Factorization.InputOutput.rank(rank), logged(model));
  }

  /**
   * @param decays for the input side and the output side
   * @param warnings gets each warning of the relation analysis; a {@link
   *     dev.engram.etrace.Strictness} for errors
   */
  public EsDRtrl(
      Network<X, O> model, Factorization.InputOutput decays, Consumer<Diagnostic> warnings) {
    super(model, decays, warnings);
  }
}
