package dev.engram.autodiff.forward;

import dev.engram.autodiff.Linearized;
import dev.engram.autodiff.facts.DependenceAnalysis;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Linearizes a cond into two: the values, which also give the residuals of the branch taken, and
 * the tangents. Residuals of both branches share slots by type; operands are passed as they are.
 */
final class LinearizeCond {
  private final LinearizeWalk push;
  private final Control.Cond op;
  private final Value predicate;
  private final List<Dual> in;
  private final List<Boolean> active;
  private final List<TensorType> slots = new ArrayList<>();

  LinearizeCond(LinearizeWalk push, Control.Cond op, List<Dual> in) {
    this.push = push;
    this.op = op;
    this.predicate = in.getFirst().primal();
    this.in = in.subList(1, in.size());
    this.active = this.in.stream().map(Dual::hasTangent).toList();
  }

  /**
   * @param operands residuals that are operands, by position
   * @param stored the slot of every other residual
   */
  private record Branch(Linearized lin, Map<Value, Integer> operands, Map<Value, Integer> stored) {}

  List<Dual> run() {
    Branch onTrue = branch(op.onTrue());
    Branch onFalse = branch(op.onFalse());
    int n = op.onTrue().outs().size();
    List<Value> args = new ArrayList<>(List.of(predicate));
    args.addAll(ForwardWalk.primals(in));
    List<Var> outs =
        push.primal.emit(new Control.Cond(values(onTrue, n), values(onFalse, n)), args);
    List<Var> stored = outs.subList(n, outs.size());
    List<Boolean> hasTangent = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      hasTangent.add(onTrue.lin().outHasTangent().get(i) || onFalse.lin().outHasTangent().get(i));
    }

    TreeMap<Integer, Value> operands = new TreeMap<>();
    onTrue.operands().values().forEach(i -> operands.put(i, in.get(i).primal()));
    onFalse.operands().values().forEach(i -> operands.put(i, in.get(i).primal()));
    List<Value> tangentArgs = new ArrayList<>(List.of(push.saved(predicate)));
    operands.values().forEach(v -> tangentArgs.add(push.saved(v)));
    stored.forEach(v -> tangentArgs.add(push.saved(v)));
    in.forEach(d -> d.tangent().ifPresent(tangentArgs::add));
    List<Integer> shared = List.copyOf(operands.keySet());
    List<Var> tangents =
        push.tangent.emit(
            new Control.Cond(
                tangents(onTrue, shared, hasTangent), tangents(onFalse, shared, hasTangent)),
            tangentArgs);

    List<Dual> duals = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < n; i++) {
      duals.add(
          hasTangent.get(i)
              ? Dual.of(outs.get(i), tangents.get(next++))
              : Dual.constant(outs.get(i)));
    }
    return duals;
  }

  private Branch branch(Graph g) {
    Linearized lin = LinearizeWalk.linearize(g, active, _ -> true);
    Graph p = lin.primal();
    Map<Value, Integer> operands = new HashMap<>();
    Map<Value, Integer> stored = new HashMap<>();
    List<Var> params = DependenceAnalysis.vars(p, 0, p.params().size());
    for (Value r : p.outs().subList(g.outs().size(), p.outs().size())) {
      int i = params.indexOf(r);
      if (i >= 0) {
        operands.put(r, i);
      } else {
        stored.computeIfAbsent(r, v -> slot(v.type(), stored));
      }
    }
    return new Branch(lin, operands, stored);
  }

  /** The first slot of {@code type} that the branch has not taken yet. */
  private int slot(TensorType type, Map<Value, Integer> taken) {
    for (int i = 0; i < slots.size(); i++) {
      if (slots.get(i).equals(type) && !taken.containsValue(i)) {
        return i;
      }
    }
    slots.add(type);
    return slots.size() - 1;
  }

  private Graph values(Branch b, int n) {
    Graph g = b.lin().primal();
    List<Value> outs = new ArrayList<>(g.outs().subList(0, n));
    slots.forEach(t -> outs.add(Lit.zero(t)));
    b.stored().forEach((r, slot) -> outs.set(n + slot, r));
    return Dce.run(new Graph(g.name(), g.params(), g.eqns(), outs));
  }

  private Graph tangents(Branch branch, List<Integer> shared, List<Boolean> hasTangent) {
    Graph g = branch.lin().primal();
    int n = hasTangent.size();
    Builder b = new Builder(branch.lin().tangent().name());
    Map<Integer, Value> operand = new HashMap<>();
    shared.forEach(i -> operand.put(i, Terms.param(b, in.get(i).primal().type())));
    List<Value> slot = slots.stream().map(t -> Terms.param(b, t)).toList();
    List<Value> args = new ArrayList<>();
    for (Value r : g.outs().subList(n, g.outs().size())) {
      Integer i = branch.operands().get(r);
      args.add(i != null ? operand.get(i) : slot.get(branch.stored().get(r)));
    }
    in.stream().filter(Dual::hasTangent).forEach(d -> args.add(Terms.param(b, d.primal().type())));
    List<Value> all = b.inline(branch.lin().tangent(), args);
    List<Value> outs = new ArrayList<>();
    int nextFloat = 0;
    for (int i = 0; i < n; i++) {
      if (hasTangent.get(i)) {
        outs.add(all.get(nextFloat));
      }
      nextFloat += Terms.isFloat(g.outs().get(i)) ? 1 : 0;
    }
    return b.build(outs);
  }
}
