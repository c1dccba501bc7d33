package dev.engram.autodiff;

import dev.engram.autodiff.facts.Terms;
import dev.engram.autodiff.forward.LinearizeWalk;
import dev.engram.ir.Graph;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.Given;
import java.util.List;

/** Splits a function's derivative into what is computed once and what is linear in the tangents. */
public final class Linearize {
  private Linearize() {}

  /**
   * The function with what its derivative needs, and the derivative. Few and small residuals are
   * kept: what is cheap to compute from others is computed again.
   *
   * @param wrt one flag for each parameter of {@code g}; chosen parameters must be float
   * @throws AutodiffException when a chosen parameter is not float, or an op has no derivative rule
   */
  public static Linearized of(Graph g, List<Boolean> wrt) {
    Given.given("Linearize.of", "g", g);
    Given.all("Linearize.of", "wrt", wrt);
    Terms.requireFloat("linearize", g, wrt);
    Linearized linear = LinearizeWalk.linearize(g, wrt, _ -> true);
    Verification.of("linearization", linear.primal());
    Verification.of("linearization", linear.tangent());
    return linear;
  }
}
