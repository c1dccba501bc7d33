package dev.engram.autodiff;

import dev.engram.autodiff.facts.Terms;
import dev.engram.autodiff.forward.Dual;
import dev.engram.autodiff.forward.ForwardWalk;
import dev.engram.autodiff.forward.JvpWalk;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.List;

/** Forward mode: a function and its directional derivative, computed side by side. */
public final class Jvp {
  private Jvp() {}

  /**
   * The function with the derivative along tangents of its chosen parameters.
   *
   * <p>Parameters of the result: those of {@code g}, then one tangent for each chosen parameter, in
   * order and of its type. Results: those of {@code g}, then one tangent for each float result of
   * {@code g}, in order and of its type; zeros where it does not depend on a chosen parameter.
   *
   * @param wrt one flag for each parameter of {@code g}; chosen parameters must be float
   * @throws AutodiffException when a chosen parameter is not float, or an op has no derivative rule
   */
  public static Graph of(Graph g, List<Boolean> wrt) {
    Given.given("Jvp.of", "g", g);
    Given.all("Jvp.of", "wrt", wrt);
    Terms.requireFloat("jvp", g, wrt);
    Builder b = new Builder(g.name() + "_jvp");
    List<Dual> args = new ArrayList<>(Terms.params(b, g).stream().map(Dual::constant).toList());
    for (int i = 0; i < args.size(); i++) {
      if (wrt.get(i)) {
        args.set(i, Dual.of(args.get(i).primal(), Terms.tangentParam(b, g.params().get(i))));
      }
    }
    List<Dual> duals = new JvpWalk(b).push(g, args);
    List<Value> outs = new ArrayList<>(ForwardWalk.primals(duals));
    outs.addAll(ForwardWalk.floatTangents(duals));
    return Verification.of("forward mode", Dce.run(b.build(outs)));
  }
}
