package dev.engram.autodiff;

import dev.engram.autodiff.facts.Terms;
import dev.engram.autodiff.reverse.TransposeWalk;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns a linear function round: from tangents to results, into cotangents to cotangents. */
public final class Transpose {
  private Transpose() {}

  /**
   * The transpose of {@code g}, which is linear in the parameters after the first {@code
   * residuals}.
   *
   * <p>Parameters of the result: the residuals, then one cotangent for each result of {@code g}, of
   * its type. Results: one cotangent for each linear parameter, of its type.
   *
   * @throws AutodiffException {@code not linear: …} when a linear parameter is used in another way
   */
  public static Graph of(Graph g, int residuals) {
    Given.given("Transpose.of", "g", g);
    if (residuals < 0 || residuals > g.params().size()) {
      throw new AutodiffException(
          "transpose of @%s: got %d residuals, expected 0 to %d, the number of its parameters"
              .formatted(g.name(), residuals, g.params().size()));
    }
    for (Param p : g.params().subList(residuals, g.params().size())) {
      if (!p.type().dtype().isFloat()) {
        throw new AutodiffException(
            "transpose of @%s: a linear parameter has type %s, expected a float type; put it among the residuals"
                .formatted(g.name(), p.type()));
      }
    }
    Builder b = new Builder(g.name() + "_transpose");
    List<Value> args = new ArrayList<>();
    g.params().subList(0, residuals).forEach(p -> args.add(b.param(p)));
    List<Optional<Value>> cts =
        g.outs().stream().map(v -> Optional.of(Terms.param(b, v.type()))).toList();
    List<Optional<Value>> result = TransposeWalk.pull(b, g, args, cts);
    List<Value> outs = new ArrayList<>();
    for (int i = 0; i < result.size(); i++) {
      Param p = g.params().get(residuals + i);
      outs.add(Terms.orZero(result.get(i), p.type()));
    }
    return Verification.of("transposition", Dce.run(b.build(outs)));
  }
}
