package dev.engram.autodiff;

import dev.engram.autodiff.facts.Terms;
import dev.engram.autodiff.forward.Dual;
import dev.engram.autodiff.forward.ForwardWalk;
import dev.engram.autodiff.forward.LinearizeWalk;
import dev.engram.autodiff.forward.LinearizeWalk.Linear;
import dev.engram.autodiff.reverse.TransposeWalk;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Reverse mode: linearize, then transpose the linear part. */
public final class Vjp {
  private Vjp() {}

  /**
   * The function with the cotangents of its chosen parameters.
   *
   * <p>Parameters of the result: those of {@code g}, then one cotangent for each float result of
   * {@code g}, in order and of its type. Results: those of {@code g}, then one cotangent for each
   * chosen parameter, in order and of its type; zeros where no float result depends on it.
   *
   * @param wrt one flag for each parameter of {@code g}; chosen parameters must be float
   * @throws AutodiffException when a chosen parameter is not float, or an op has no derivative rule
   */
  public static Graph of(Graph g, List<Boolean> wrt) {
    Given.all("Vjp.of", "wrt", wrt);
    Given.given("Vjp.of", "g", g);
    int floats = Math.toIntExact(g.outs().stream().filter(Terms::isFloat).count());
    return of(g, wrt, Collections.nCopies(floats, true));
  }

  /**
   * {@link #of(Graph, List)} where only some results have a cotangent.
   *
   * @param wrt one flag for each parameter of {@code g}; chosen parameters must be float
   * @param seeded one flag for each float result of {@code g}: where false, its cotangent is zero,
   *     there is no parameter for it, and nothing is computed from it
   * @throws AutodiffException as {@link #of(Graph, List)}
   */
  public static Graph of(Graph g, List<Boolean> wrt, List<Boolean> seeded) {
    Given.given("Vjp.of", "g", g);
    Given.all("Vjp.of", "wrt", wrt);
    Given.all("Vjp.of", "seeded", seeded);
    Terms.requireFloat("vjp", g, wrt);
    long floats = g.outs().stream().filter(Terms::isFloat).count();
    if (seeded.size() != floats) {
      throw new AutodiffException(
          "vjp of @%s: got %d flags for cotangents, expected one for each of %d float results"
              .formatted(g.name(), seeded.size(), floats));
    }
    Builder b = new Builder(g.name() + "_vjp");
    Builder t = new Builder(g.name() + "_tangent");
    List<Value> params = Terms.params(b, g);
    List<Dual> args = new ArrayList<>();
    for (int i = 0; i < params.size(); i++) {
      Value v = params.get(i);
      args.add(wrt.get(i) ? Dual.of(v, Terms.param(t, v.type())) : Dual.constant(v));
    }
    LinearizeWalk push = new LinearizeWalk(b, t);
    List<Dual> duals = push.push(g, args);

    // Only results with a tangent hand their cotangent on.
    List<Optional<Value>> cotangents = new ArrayList<>();
    List<Value> tangents = new ArrayList<>();
    int next = 0;
    for (Dual d : duals) {
      if (Terms.isFloat(d.primal()) && seeded.get(next++)) {
        Value ct = Terms.param(b, d.primal().type());
        if (d.hasTangent()) {
          tangents.add(d.tangent().get());
          cotangents.add(Optional.of(ct));
        }
      }
    }
    Linear linear = push.finish(tangents);
    List<Value> residuals = List.copyOf(linear.residuals());
    List<Optional<Value>> result = TransposeWalk.pull(b, linear.graph(), residuals, cotangents);
    List<Value> outs = new ArrayList<>(ForwardWalk.primals(duals));
    next = 0;
    for (int i = 0; i < params.size(); i++) {
      if (wrt.get(i)) {
        outs.add(Terms.orZero(result.get(next++), params.get(i).type()));
      }
    }
    return Verification.of("reverse mode", Dce.run(b.build(outs)));
  }
}
