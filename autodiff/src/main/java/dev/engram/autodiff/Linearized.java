package dev.engram.autodiff;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * A function split for differentiation.
 *
 * @param primal the function's parameters → its results, then the residuals
 * @param tangent the residuals, then one tangent for each chosen parameter → one tangent for each
 *     float result, in order; linear in the tangents
 * @param residuals number of residuals
 * @param outHasTangent one flag for each float result: false where its tangent is zero by structure
 */
public record Linearized(Graph primal, Graph tangent, int residuals, List<Boolean> outHasTangent) {
  public Linearized {
    Given.given("Linearized", "primal", primal);
    Given.given("Linearized", "tangent", tangent);
    Given.all("Linearized", "outHasTangent", outHasTangent);
    outHasTangent = List.copyOf(outHasTangent);
  }
}
