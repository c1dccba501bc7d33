package dev.engram.autodiff;

import dev.engram.autodiff.LinearPushforward.Linear;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

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
    return of(g, wrt, _ -> true);
  }

  /**
   * @param free parameters that cost nothing as residuals, because they are at hand anyway
   */
  static Linearized of(Graph g, List<Boolean> wrt, IntPredicate free) {
    Builder p = new Builder(g.name());
    Builder t = new Builder(g.name() + "_tangent");
    LinearPushforward push = new LinearPushforward(p, t);
    List<Value> params = Terms.params(p, g);
    List<Dual> args = new ArrayList<>();
    Set<Value> cheap = new HashSet<>();
    for (int i = 0; i < params.size(); i++) {
      Value v = params.get(i);
      args.add(new Dual(v, wrt.get(i) ? Optional.of(Terms.param(t, v.type())) : Optional.empty()));
      if (free.test(i)) {
        cheap.add(v);
      }
    }
    List<Dual> outs = push.push(g, args);
    Graph primal = p.build(Pushforward.primals(outs));
    Linear all = push.finish(Pushforward.floatTangents(outs));
    Linear linear = Residuals.minimise(primal, all, cheap::contains);
    List<Value> results = new ArrayList<>(primal.outs());
    results.addAll(linear.residuals());
    return new Linearized(
        Dce.run(new Graph(primal.name(), primal.params(), primal.eqns(), results)),
        linear.graph(),
        linear.residuals().size(),
        outs.stream().map(Dual::hasTangent).toList());
  }
}
