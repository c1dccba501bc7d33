package dev.engram.autodiff.forward;

import dev.engram.autodiff.AutodiffException;
import dev.engram.autodiff.Linearize;
import dev.engram.autodiff.Linearized;
import dev.engram.autodiff.facts.DependenceAnalysis;
import dev.engram.autodiff.facts.Terms;
import dev.engram.autodiff.reverse.BoundedWhile;
import dev.engram.autodiff.reverse.Remat;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.Reachability;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * The walk that keeps the linear part in a graph of its own. Values of the function that the linear
 * part reads are its residuals; they become parameters on first use.
 */
public final class LinearizeWalk extends ForwardWalk {
  private final Map<Var, Var> residuals = new LinkedHashMap<>();

  public LinearizeWalk(Builder primal, Builder tangent) {
    super(primal, tangent);
  }

  @Override
  Value saved(Value v) {
    return switch (v) {
      case Lit l -> l;
      case Var x -> residuals.computeIfAbsent(x, _ -> tangent.param(x.type(), Role.INPUT, ""));
    };
  }

  /**
   * The linear part.
   *
   * @param residuals variables of the function that it reads
   * @param graph the residuals, then the tangents → tangents of the results
   */
  public record Linear(List<Var> residuals, Graph graph) {
    public Linear {
      residuals = List.copyOf(residuals);
    }
  }

  /** The linear part with these results; only residuals that they need remain. */
  public Linear finish(List<Value> outs) {
    Graph g = Dce.run(tangent.build(outs));
    Set<Value> used = Reachability.used(g);
    List<Var> kept = new ArrayList<>();
    List<Param> params = new ArrayList<>();
    residuals.forEach(
        (outer, saved) -> {
          if (used.contains(saved)) {
            kept.add(outer);
            params.add(Param.input(saved));
          }
        });
    Set<Var> inner = new HashSet<>(residuals.values());
    g.params().stream().filter(p -> !inner.contains(p.var())).forEach(params::add);
    return new Linear(kept, new Graph(g.name(), params, g.eqns(), g.outs()));
  }

  @Override
  List<Dual> scan(Control.Scan op, List<Dual> in) {
    return LinearizeScan.of(this, op, in);
  }

  // A loop of an unknown number of steps has nowhere to keep their residuals.
  @Override
  List<Dual> loop(Graph g, Eqn e, Control.While op, List<Dual> in) {
    List<Boolean> active = new ArrayList<>(in.stream().map(Dual::hasTangent).toList());
    ActivityAnalysis flags = new ActivityAnalysis();
    if (!flags.steady(op.body(), op.consts(), op.carry(), active).contains(true)) {
      return copy(e, in);
    }
    if (op.bound().isEmpty()) {
      throw new AutodiffException(
          "%s has no reverse derivative: nobody knows how many steps it takes; give the loop a bound, or use forward mode (jvp, jacfwd)"
              .formatted(Terms.describe(g, e)));
    }
    return LinearizeScan.of(this, BoundedWhile.asScan(op), in);
  }

  @Override
  List<Dual> cond(Control.Cond op, List<Dual> in) {
    return new LinearizeCond(this, op, in).run();
  }

  /**
   * The rule is linear in its tangents, so its own derivative with respect to them, taken anywhere,
   * is the linear part, and what that saves is the rest.
   */
  @Override
  List<Dual> callJvp(Control.Call op, Control.Derivative.Jvp derivative, List<Dual> in) {
    Graph rule = derivative.rule();
    int n = in.size();
    int m = op.body().outs().size();
    List<Dual> floats = in.stream().filter(d -> Terms.isFloat(d.primal())).toList();
    List<Boolean> wrt = new ArrayList<>();
    in.forEach(_ -> wrt.add(false));
    floats.forEach(d -> wrt.add(d.hasTangent()));
    Linearized lin = Linearize.of(rule, wrt);
    requireLinear(rule, lin, n, m);

    List<Value> args = new ArrayList<>(primals(in));
    floats.forEach(d -> args.add(Lit.zero(d.primal().type())));
    List<Value> outs = primal.inline(lin.primal(), args);
    List<Value> tangentArgs = new ArrayList<>();
    outs.subList(rule.outs().size(), outs.size()).forEach(v -> tangentArgs.add(saved(v)));
    floats.forEach(d -> d.tangent().ifPresent(tangentArgs::add));
    List<Value> tangents = tangent.inline(lin.tangent(), tangentArgs);
    int floatOuts = (int) op.body().outs().stream().filter(Terms::isFloat).count();
    return zip(primal.emit(op, primals(in)), tangents.subList(floatOuts, tangents.size()));
  }

  private static void requireLinear(Graph rule, Linearized lin, int operands, int results) {
    Graph p = lin.primal();
    Set<Value> reached =
        DependenceAnalysis.dependents(p, DependenceAnalysis.vars(p, operands, p.params().size()));
    boolean constant =
        p.outs().subList(rule.outs().size(), p.outs().size()).stream().noneMatch(reached::contains);
    boolean primalsApart = lin.outHasTangent().subList(0, results).stream().noneMatch(b -> b);
    if (!constant || !primalsApart) {
      throw new AutodiffException(
          "the derivative rule @%s is not linear in its tangents: %s; each tangent result must be a sum of terms with one tangent each"
              .formatted(
                  rule.name(),
                  primalsApart
                      ? "a product or function of tangents is used"
                      : "a result depends on a tangent"));
    }
  }

  @Override
  List<Dual> callRemat(Control.Call op, Control.Derivative.Remat rule, List<Dual> in) {
    return callVjp(op, Remat.rule(op.body(), rule.saves()), in);
  }

  @Override
  List<Dual> callVjp(Control.Call op, Control.Derivative.Vjp rule, List<Dual> in) {
    List<Value> outs = primal.inline(rule.forward(), primals(in));
    int m = op.body().outs().size();
    List<Value> args = new ArrayList<>();
    outs.subList(m, outs.size()).forEach(v -> args.add(saved(v)));
    args.addAll(floatTangents(in));
    Control.Transposed map = new Control.Transposed(rule.backward(), outs.size() - m);
    return zip(outs.subList(0, m), tangent.emit(map, args));
  }

  @Override
  List<Dual> transposed(Control.Transposed op, List<Dual> in) {
    List<Value> outs = primal.emit(op, primals(in)).stream().<Value>map(v -> v).toList();
    List<Value> args = new ArrayList<>();
    in.subList(0, op.residuals()).forEach(d -> args.add(saved(d.primal())));
    in.subList(op.residuals(), in.size())
        .forEach(d -> args.add(Terms.orZero(d.tangent(), d.primal().type())));
    return zip(outs, tangent.emit(op, args));
  }

  /**
   * Splits a function.
   *
   * @param free parameters that cost nothing as residuals, because they are at hand anyway
   */
  public static Linearized linearize(Graph g, List<Boolean> wrt, IntPredicate free) {
    Builder p = new Builder(g.name());
    Builder t = new Builder(g.name() + "_tangent");
    LinearizeWalk push = new LinearizeWalk(p, t);
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
    Graph primal = p.build(ForwardWalk.primals(outs));
    Linear all = push.finish(ForwardWalk.floatTangents(outs));
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
