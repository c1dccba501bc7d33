package dev.engram.autodiff.forward;

import dev.engram.autodiff.Linearized;
import dev.engram.autodiff.facts.DependenceAnalysis;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.FlagAnalysis;
import dev.engram.ir.dataflow.Reachability;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Linearizes a scan into two: the loop of values, which also stacks the residuals of its steps, and
 * the loop of tangents over them. What does not change from step to step is passed once, and a
 * slice of an input or of an output that is stacked already is not stacked again.
 */
final class LinearizeScan {
  private final LinearizeWalk push;
  private final Control.Scan op;
  private final List<Dual> in;
  private final List<Boolean> active;
  private final Linearized body;

  /**
   * Residuals of the body, as values of the enclosing function: the same in all steps, or stacked.
   */
  private final Map<Var, Value> constants = new LinkedHashMap<>();

  private final Map<Var, Value> slices = new LinkedHashMap<>();

  private LinearizeScan(LinearizeWalk push, Control.Scan op, List<Dual> in) {
    this.push = push;
    this.op = op;
    this.in = in;
    this.active = new ArrayList<>(in.stream().map(Dual::hasTangent).toList());
    this.body = linearizeBody();
  }

  static List<Dual> of(LinearizeWalk push, Control.Scan op, List<Dual> in) {
    return op.length() == 0 ? untouched(push, op, in) : new LinearizeScan(push, op, in).run();
  }

  private List<Dual> run() {
    List<Var> results = values();
    if (body.outHasTangent().stream().noneMatch(b -> b)) {
      return results.stream().map(Dual::constant).toList();
    }
    return tangents(results);
  }

  /** No step is run: the carries come out as they went in, tangents and all. */
  private static List<Dual> untouched(LinearizeWalk push, Control.Scan op, List<Dual> in) {
    List<Var> results = push.primal.emit(op, ForwardWalk.primals(in));
    List<Dual> out = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      Optional<Value> tangent =
          i < op.carry() ? in.get(op.consts() + i).tangent() : Optional.empty();
      out.add(new Dual(results.get(i), tangent));
    }
    return out;
  }

  private int firstSlice() {
    return op.consts() + op.carry();
  }

  /** A carry has a tangent when its initial value has one, or when a step gives it one. */
  private Linearized linearizeBody() {
    // What forward mode gives a tangent this does, too; mostly that is all, and one walk is enough.
    new ActivityAnalysis().steady(op.body(), op.consts(), op.carry(), active);
    while (true) {
      Linearized lin =
          LinearizeWalk.linearize(op.body(), active, i -> i < op.consts() || i >= firstSlice());
      List<Boolean> carries = lin.outHasTangent().subList(0, op.carry());
      if (!FlagAnalysis.join(active, op.consts(), carries)) {
        return lin;
      }
    }
  }

  /** The loop of values; gives the results of the original. */
  private List<Var> values() {
    Graph g = body.primal();
    int n = op.body().outs().size();
    List<Value> outs = new ArrayList<>(g.outs().subList(0, n));
    List<Var> residuals =
        g.outs().subList(n, g.outs().size()).stream().map(Var.class::cast).toList();
    Map<Var, Integer> stacked = new LinkedHashMap<>();
    Map<Value, Integer> param = new HashMap<>();
    for (int i = 0; i < g.params().size(); i++) {
      param.put(g.params().get(i).var(), i);
    }
    Set<Var> invariant =
        invariant(g, residuals.stream().filter(r -> !param.containsKey(r)).distinct().toList());
    for (Var r : new LinkedHashSet<>(residuals)) {
      int p = param.getOrDefault(r, -1);
      if (p >= 0 && p < op.consts()) {
        constants.put(r, in.get(p).primal());
      } else if (p >= firstSlice()) {
        slices.put(r, in.get(p).primal());
      } else if (!invariant.contains(r)) {
        int at = outs.subList(op.carry(), outs.size()).indexOf(r);
        stacked.put(r, at < 0 ? outs.size() : op.carry() + at);
        if (at < 0) {
          outs.add(r);
        }
      }
    }
    List<Var> results =
        push.primal.emit(
            new Control.Scan(
                Dce.run(new Graph(g.name(), g.params(), g.eqns(), outs)),
                op.consts(),
                op.carry(),
                op.length(),
                op.reverse()),
            ForwardWalk.primals(in));
    stacked.forEach((r, i) -> slices.put(r, results.get(i)));
    hoist(List.copyOf(invariant));
    return results.subList(0, n);
  }

  /**
   * The residuals that no step changes, and that equations give which read nothing that a step
   * changes: a call may have a result that does not depend on all that the call reads.
   */
  private Set<Var> invariant(Graph g, List<Var> residuals) {
    List<Var> changing = DependenceAnalysis.vars(g, op.consts(), g.params().size());
    Set<Value> varying = DependenceAnalysis.dependents(g, changing);
    List<Var> same = residuals.stream().filter(r -> !varying.contains(r)).toList();
    if (same.isEmpty()) {
      return Set.of();
    }
    Graph once = Dce.run(new Graph(g.name(), g.params(), g.eqns(), List.copyOf(same)));
    List<Var> from = DependenceAnalysis.vars(once, op.consts(), once.params().size());
    Set<Value> reached = Reachability.forward(once.eqns(), from, Reachability::results);
    Set<Var> out = new LinkedHashSet<>();
    for (int i = 0; i < same.size(); i++) {
      if (!reached.contains(once.outs().get(i))) {
        out.add(same.get(i));
      }
    }
    return out;
  }

  private void hoist(List<Var> invariant) {
    if (invariant.isEmpty()) {
      return;
    }
    List<Param> params = body.primal().params().subList(0, op.consts());
    Graph all = new Graph(op.body().name(), params, body.primal().eqns(), List.copyOf(invariant));
    Graph once = withoutChecks(Dce.run(withoutChecks(all)));
    List<Value> outer = push.primal.inline(once, ForwardWalk.primals(in.subList(0, op.consts())));
    for (int i = 0; i < invariant.size(); i++) {
      constants.put(invariant.get(i), outer.get(i));
    }
  }

  /** Checks stay in the loop: what they look at may change from step to step. */
  private static Graph withoutChecks(Graph g) {
    return Dce.equations(g, _ -> false);
  }

  /** The loop of tangents. */
  private List<Dual> tangents(List<Var> results) {
    Builder b = new Builder(body.tangent().name());
    Map<Value, Value> residual = new HashMap<>();
    List<Value> tangentArgs = new ArrayList<>();
    List<Value> operands = new ArrayList<>();

    passResiduals(b, constants, residual, operands);
    passTangents(b, 0, op.consts(), tangentArgs, operands);
    int consts = operands.size();
    passTangents(b, op.consts(), firstSlice(), tangentArgs, operands);
    int carry = operands.size() - consts;
    passResiduals(b, slices, residual, operands);
    passTangents(b, firstSlice(), in.size(), tangentArgs, operands);

    Graph g = body.primal();
    List<Value> args = new ArrayList<>();
    g.outs()
        .subList(op.body().outs().size(), g.outs().size())
        .forEach(r -> args.add(residual.get(r)));
    args.addAll(tangentArgs);
    List<Value> stepTangents = b.inline(body.tangent(), args);

    List<Value> outs = new ArrayList<>();
    List<Integer> position = new ArrayList<>();
    int nextFloat = 0;
    for (int i = 0; i < results.size(); i++) {
      boolean isActive = i < op.carry() ? active.get(op.consts() + i) : body.outHasTangent().get(i);
      position.add(isActive ? outs.size() : -1);
      if (isActive) {
        outs.add(stepTangents.get(nextFloat));
      }
      nextFloat += Terms.isFloat(op.body().outs().get(i)) ? 1 : 0;
    }
    List<Var> tangents =
        push.tangent.emit(
            new Control.Scan(b.build(outs), consts, carry, op.length(), op.reverse()), operands);
    List<Dual> duals = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      int p = position.get(i);
      duals.add(p < 0 ? Dual.constant(results.get(i)) : Dual.of(results.get(i), tangents.get(p)));
    }
    return duals;
  }

  private void passResiduals(
      Builder b, Map<Var, Value> outer, Map<Value, Value> inner, List<Value> operands) {
    outer.forEach(
        (r, v) -> {
          inner.put(r, Terms.param(b, r.type()));
          operands.add(push.saved(v));
        });
  }

  private void passTangents(Builder b, int from, int to, List<Value> inner, List<Value> operands) {
    for (int i = from; i < to; i++) {
      if (active.get(i)) {
        inner.add(Terms.tangentParam(b, op.body().params().get(i)));
        operands.add(Terms.orZero(in.get(i).tangent(), in.get(i).primal().type()));
      }
    }
  }
}
