package dev.engram.autodiff.reverse;

import dev.engram.autodiff.facts.DependenceAnalysis;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Transposes a cond: the same choice between the transposed branches. */
final class TransposeCond {
  private final TransposeWalk p;
  private final Control.Cond op;
  private final Eqn e;
  private final List<Value> in;
  private final List<Integer> constant = new ArrayList<>();
  private final List<Integer> linear = new ArrayList<>();

  TransposeCond(TransposeWalk p, Control.Cond op, Eqn e) {
    this.p = p;
    this.op = op;
    this.e = e;
    this.in = e.inputs().subList(1, e.inputs().size());
    for (int i = 0; i < in.size(); i++) {
      (p.isLinear(in.get(i)) ? linear : constant).add(i);
    }
  }

  /** True when every result depends on a linear operand, in one branch at least. */
  boolean isDirect() {
    List<Boolean> flags = e.inputs().stream().map(p::isLinear).toList();
    return !DependenceAnalysis.results(op, flags, e.outputs().size()).contains(false);
  }

  void pull(List<Optional<Value>> cts) {
    p.requireConstant(e, 0);
    Branch onTrue = branch(op.onTrue(), cts);
    Branch onFalse = branch(op.onFalse(), cts);
    List<Boolean> active =
        IntStream.range(0, linear.size())
            .mapToObj(i -> onTrue.reaches(i) || onFalse.reaches(i))
            .toList();
    if (active.stream().noneMatch(a -> a)) {
      return;
    }
    List<Value> args = new ArrayList<>(List.of(p.constant(e.in(0))));
    constant.forEach(i -> args.add(p.constant(in.get(i))));
    cts.forEach(ct -> ct.ifPresent(args::add));
    List<Var> given =
        p.b.emit(new Control.Cond(build(onTrue, active), build(onFalse, active)), args);
    int next = 0;
    for (int i = 0; i < linear.size(); i++) {
      if (active.get(i)) {
        p.give(in.get(linear.get(i)), given.get(next++));
      }
    }
  }

  /**
   * The transpose of a branch.
   *
   * @param result the cotangents of the linear operands that get one
   */
  private record Branch(Builder b, List<Optional<Value>> result) {
    boolean reaches(int operand) {
      return result.get(operand).isPresent();
    }
  }

  private Branch branch(Graph g, List<Optional<Value>> cts) {
    Builder b = new Builder(g.name() + "_transpose");
    List<Param> params = new ArrayList<>();
    List<Value> args = new ArrayList<>();
    for (int i : constant) {
      params.add(g.params().get(i));
      args.add(b.param(g.params().get(i)));
    }
    linear.forEach(i -> params.add(g.params().get(i)));
    List<Optional<Value>> inner =
        cts.stream().map(ct -> ct.map(v -> Terms.param(b, v.type()))).toList();
    Graph ordered = new Graph(g.name(), params, g.eqns(), g.outs());
    return new Branch(b, TransposeWalk.pull(b, ordered, args, inner));
  }

  private Graph build(Branch branch, List<Boolean> active) {
    List<Value> outs = new ArrayList<>();
    for (int i = 0; i < active.size(); i++) {
      if (active.get(i)) {
        outs.add(Terms.orZero(branch.result().get(i), in.get(linear.get(i)).type()));
      }
    }
    return Dce.run(branch.b().build(outs));
  }
}
