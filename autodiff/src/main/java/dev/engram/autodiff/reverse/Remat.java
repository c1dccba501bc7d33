package dev.engram.autodiff.reverse;

import dev.engram.autodiff.Linearized;
import dev.engram.autodiff.Transpose;
import dev.engram.autodiff.facts.Terms;
import dev.engram.autodiff.forward.LinearizeWalk;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.Reachability;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reverse mode that keeps little: a function's operands, and the results of chosen ops. Everything
 * else that the backward pass reads is computed again, when the cotangent has come.
 */
public final class Remat {
  private Remat() {}

  /**
   * The rule of a function that is differentiated so.
   *
   * @param saves mnemonics of the ops whose results are kept
   */
  public static Control.Derivative.Vjp rule(Graph body, List<String> saves) {
    List<Boolean> floats = body.params().stream().map(p -> Terms.isFloat(p.var())).toList();
    Linearized lin = LinearizeWalk.linearize(body, floats, _ -> true);
    Graph primal = lin.primal();
    int results = body.outs().size();
    List<Var> kept = saved(primal, saves);
    Graph again = again(primal, kept, primal.outs().subList(results, primal.outs().size()));
    kept = kept.stream().filter(Reachability.used(again)::contains).toList();
    again = again(primal, kept, again.outs());

    List<Value> outs = new ArrayList<>(primal.outs().subList(0, results));
    primal.params().forEach(p -> outs.add(p.var()));
    outs.addAll(kept);
    Graph forward = new Graph(primal.name(), primal.params(), primal.eqns(), outs);
    return new Control.Derivative.Vjp(
        Dce.run(forward), backward(lin, again, primal.params().size()));
  }

  private static List<Var> saved(Graph g, List<String> saves) {
    return g.eqns().stream()
        .filter(e -> saves.contains(e.op().mnemonic()))
        .flatMap(e -> e.outputs().stream())
        .toList();
  }

  /** The residuals as a function of the parameters and of what was kept. */
  private static Graph again(Graph primal, List<Var> kept, List<Value> residuals) {
    List<Param> params = new ArrayList<>(primal.params());
    kept.forEach(v -> params.add(Param.input(v)));
    List<Eqn> eqns =
        primal.eqns().stream()
            .filter(e -> !kept.containsAll(e.outputs()) || e.outputs().isEmpty())
            .toList();
    return Dce.run(new Graph(primal.name() + "_again", params, eqns, residuals));
  }

  private static Graph backward(Linearized lin, Graph again, int operands) {
    Builder b = new Builder(lin.tangent().name() + "_backward");
    List<Value> in = new ArrayList<>(Terms.params(b, again));
    List<Value> cts = lin.tangent().outs().stream().map(v -> Terms.param(b, v.type())).toList();
    Set<Value> read = Reachability.used(again);
    for (int i = 0; i < operands && !cts.isEmpty(); i++) {
      if (read.contains(again.params().get(i).var())) {
        in.set(i, b.emit1(new OptimizationBarrier(), in.get(i), cts.getFirst()));
      }
    }
    List<Value> args = new ArrayList<>(b.inline(again, in));
    args.addAll(cts);
    Graph transposed = Transpose.of(lin.tangent(), lin.residuals());
    return b.build(b.inline(transposed, args));
  }
}
