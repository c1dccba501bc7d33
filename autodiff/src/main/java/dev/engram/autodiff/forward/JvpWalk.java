package dev.engram.autodiff.forward;

import dev.engram.autodiff.Transpose;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The walk that computes values and tangents side by side, in one graph and in one loop. */
public final class JvpWalk extends ForwardWalk {
  private final ActivityAnalysis flags;

  public JvpWalk(Builder b) {
    this(b, new ActivityAnalysis());
  }

  private JvpWalk(Builder b, ActivityAnalysis flags) {
    super(b, b);
    this.flags = flags;
  }

  @Override
  Value saved(Value v) {
    return v;
  }

  @Override
  List<Dual> scan(Control.Scan op, List<Dual> in) {
    List<Boolean> active = new ArrayList<>(in.stream().map(Dual::hasTangent).toList());
    List<Boolean> outActive = flags.steady(op.body(), op.consts(), op.carry(), active);
    int slices = op.consts() + op.carry();
    List<Value> operands = flatten(in, active);
    int consts = flatten(in.subList(0, op.consts()), active).size();
    int carry = flatten(in.subList(0, slices), active).size() - consts;
    Builder b = new Builder(op.body().name() + "_jvp");
    List<Dual> step = new JvpWalk(b, flags).push(op.body(), pairs(b, op.body(), active));
    Graph body = b.build(flatten(step, outActive));
    return unflatten(
        primal.emit(new Control.Scan(body, consts, carry, op.length(), op.reverse()), operands),
        outActive);
  }

  /** Which results of {@code g} get a tangent. */
  static List<Boolean> hasTangent(Graph g, List<Boolean> active, ActivityAnalysis flags) {
    Builder b = new Builder(g.name());
    return new JvpWalk(b, flags)
        .push(g, pairs(b, g, active)).stream().map(Dual::hasTangent).toList();
  }

  /** The parameters of {@code g}, each active one followed by its tangent. */
  private static List<Dual> pairs(Builder b, Graph g, List<Boolean> active) {
    List<Dual> out = new ArrayList<>();
    for (int i = 0; i < active.size(); i++) {
      Value v = b.param(g.params().get(i));
      out.add(
          active.get(i) ? Dual.of(v, Terms.tangentParam(b, g.params().get(i))) : Dual.constant(v));
    }
    return out;
  }

  /** Each value, and after it the tangent of an active one. */
  private static List<Value> flatten(List<Dual> duals, List<Boolean> active) {
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < duals.size(); i++) {
      Dual d = duals.get(i);
      out.add(d.primal());
      if (active.get(i)) {
        out.add(Terms.orZero(d.tangent(), d.primal().type()));
      }
    }
    return out;
  }

  private static List<Dual> unflatten(List<? extends Value> values, List<Boolean> active) {
    List<Dual> out = new ArrayList<>();
    int next = 0;
    for (boolean hasTangent : active) {
      Value v = values.get(next++);
      out.add(new Dual(v, hasTangent ? Optional.of(values.get(next++)) : Optional.empty()));
    }
    return out;
  }

  @Override
  List<Dual> loop(Graph g, Eqn e, Control.While op, List<Dual> in) {
    List<Boolean> active = new ArrayList<>(in.stream().map(Dual::hasTangent).toList());
    List<Boolean> outActive = flags.steady(op.body(), op.consts(), op.carry(), active);
    int consts = flatten(in.subList(0, op.consts()), active).size();
    Builder decides = new Builder(op.condition().name());
    List<Dual> args = pairs(decides, op.condition(), active);
    Graph condition = decides.build(decides.inline(op.condition(), primals(args)));
    Builder b = new Builder(op.body().name() + "_jvp");
    List<Dual> step = new JvpWalk(b, flags).push(op.body(), pairs(b, op.body(), active));
    Graph body = b.build(flatten(step, outActive));
    return unflatten(primal.emit(op.with(condition, body, consts), flatten(in, active)), outActive);
  }

  @Override
  List<Dual> cond(Control.Cond op, List<Dual> in) {
    List<Dual> args = in.subList(1, in.size());
    List<Boolean> active = args.stream().map(Dual::hasTangent).toList();
    List<Boolean> onTrue = flags.of(op.onTrue(), active);
    List<Boolean> onFalse = flags.of(op.onFalse(), active);
    List<Boolean> outActive = new ArrayList<>();
    for (int i = 0; i < onTrue.size(); i++) {
      outActive.add(onTrue.get(i) || onFalse.get(i));
    }
    List<Value> operands = new ArrayList<>(List.of(in.getFirst().primal()));
    operands.addAll(flatten(args, active));
    Graph t = branch(op.onTrue(), active, outActive);
    Graph f = branch(op.onFalse(), active, outActive);
    return unflatten(primal.emit(new Control.Cond(t, f), operands), outActive);
  }

  private Graph branch(Graph g, List<Boolean> active, List<Boolean> outActive) {
    Builder b = new Builder(g.name() + "_jvp");
    return b.build(flatten(new JvpWalk(b, flags).push(g, pairs(b, g, active)), outActive));
  }

  @Override
  List<Dual> callJvp(Control.Call op, Control.Derivative.Jvp derivative, List<Dual> in) {
    List<Value> args = new ArrayList<>(primals(in));
    args.addAll(floatTangents(in));
    List<Value> outs = primal.inline(derivative.rule(), args);
    int m = op.body().outs().size();
    // The call itself, which keeps its rule for derivatives of this one.
    return zip(primal.emit(op, primals(in)), outs.subList(m, outs.size()));
  }

  @Override
  List<Dual> callRemat(Control.Call op, Control.Derivative.Remat rule, List<Dual> in) {
    return push(op.body(), in);
  }

  @Override
  List<Dual> callVjp(Control.Call op, Control.Derivative.Vjp rule, List<Dual> in) {
    List<Value> outs = primal.inline(rule.forward(), primals(in));
    int m = op.body().outs().size();
    int residuals = outs.size() - m;
    List<Value> args = new ArrayList<>(outs.subList(m, outs.size()));
    args.addAll(floatTangents(in));
    List<Value> tangents = primal.inline(Transpose.of(rule.backward(), residuals), args);
    return zip(outs.subList(0, m), tangents);
  }

  @Override
  List<Dual> transposed(Control.Transposed op, List<Dual> in) {
    Graph map = Transpose.of(op.backward(), op.residuals());
    List<Value> values = primal.inline(map, primals(in));
    List<Value> args = new ArrayList<>(primals(in.subList(0, op.residuals())));
    in.subList(op.residuals(), in.size())
        .forEach(d -> args.add(Terms.orZero(d.tangent(), d.primal().type())));
    List<Value> tangents = primal.inline(map, args);
    return zip(values, tangents);
  }
}
