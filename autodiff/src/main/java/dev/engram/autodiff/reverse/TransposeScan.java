package dev.engram.autodiff.reverse;

import dev.engram.autodiff.facts.DependenceAnalysis;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Transposes a scan whose carries and stacked outputs are all linear: a scan in the other direction
 * over the cotangents. Cotangents of loop constants are summed in carries of their own.
 */
final class TransposeScan {
  private final TransposeWalk p;
  private final Control.Scan op;
  private final Eqn e;
  private final List<Boolean> linear;

  TransposeScan(TransposeWalk p, Control.Scan op, Eqn e) {
    this.p = p;
    this.op = op;
    this.e = e;
    this.linear =
        IntStream.range(0, e.inputs().size())
            .mapToObj(i -> isCarry(i) || p.isLinear(e.in(i)))
            .toList();
  }

  private boolean isCarry(int i) {
    return i >= op.consts() && i < op.consts() + op.carry();
  }

  /** True when every carry and every stacked output depends on a linear operand. */
  boolean isDirect() {
    List<Boolean> in = e.inputs().stream().map(p::isLinear).toList();
    List<Boolean> out = DependenceAnalysis.results(op, in, e.outputs().size());
    List<Value> outs = op.body().outs();
    return IntStream.range(0, outs.size())
        .allMatch(i -> out.get(i) || (i >= op.carry() && outs.get(i) instanceof Lit));
  }

  /**
   * One step backwards.
   *
   * @param params parameters that come from each operand of the forward loop that is not linear,
   *     and from each cotangent
   * @param cotangents of all linear parameters of the forward body
   */
  private record Step(
      Builder b,
      Map<Integer, Param> residuals,
      Map<Integer, Param> outs,
      List<Integer> operands,
      List<Optional<Value>> cotangents) {
    Optional<Value> of(int operand) {
      int at = operands.indexOf(operand);
      return at < 0 ? Optional.empty() : cotangents.get(at);
    }
  }

  private Step step(List<Boolean> active) {
    Graph g = op.body();
    Builder b = new Builder(g.name() + "_transpose");
    Map<Integer, Param> residuals = new HashMap<>();
    List<Param> params = new ArrayList<>();
    List<Integer> operands = new ArrayList<>();
    List<Value> args = new ArrayList<>();
    for (int i = 0; i < linear.size(); i++) {
      if (linear.get(i)) {
        operands.add(i);
      } else {
        Param q = g.params().get(i);
        params.add(q);
        Param mine = Param.input(b.param(q.type(), q.role(), q.path()));
        residuals.put(i, mine);
        args.add(mine.var());
      }
    }
    operands.forEach(i -> params.add(g.params().get(i)));
    Map<Integer, Param> outs = new HashMap<>();
    List<Optional<Value>> cts = new ArrayList<>();
    for (int i = 0; i < g.outs().size(); i++) {
      if (active.get(i)) {
        Param mine = Param.input((Var) Terms.param(b, g.outs().get(i).type()));
        outs.put(i, mine);
        cts.add(Optional.of(mine.var()));
      } else {
        cts.add(Optional.empty());
      }
    }
    Graph ordered = new Graph(g.name(), params, g.eqns(), g.outs());
    return new Step(b, residuals, outs, operands, TransposeWalk.pull(b, ordered, args, cts));
  }

  void pull(List<Optional<Value>> cts) {
    List<Boolean> active = new ArrayList<>(cts.stream().map(Optional::isPresent).toList());
    Step step = step(active);
    while (addCarries(active, step)) {
      step = step(active);
    }
    emit(step, active, cts);
  }

  /** A carry has a cotangent when its last value has one, or when a step gives it one. */
  private boolean addCarries(List<Boolean> active, Step step) {
    boolean more = false;
    for (int i = 0; i < op.carry(); i++) {
      if (!active.get(i) && step.of(op.consts() + i).isPresent()) {
        active.set(i, true);
        more = true;
      }
    }
    return more;
  }

  private void emit(Step step, List<Boolean> active, List<Optional<Value>> cts) {
    int slices = op.consts() + op.carry();
    int n = linear.size();
    List<Param> params = new ArrayList<>();
    List<Value> args = new ArrayList<>();
    List<Value> outs = new ArrayList<>();
    List<Integer> results = new ArrayList<>();
    residuals(step, 0, op.consts(), params, args);
    int consts = params.size();
    for (int i = 0; i < op.consts(); i++) {
      Optional<Value> ct = step.of(i);
      if (ct.isPresent()) {
        Var sum = (Var) Terms.param(step.b(), ct.get().type());
        params.add(Param.input(sum));
        args.add(Lit.zero(sum.type()));
        outs.add(Terms.add(step.b(), sum, ct.get()));
        results.add(i);
      }
    }
    for (int i = 0; i < op.carry(); i++) {
      if (active.get(i)) {
        params.add(step.outs().get(i));
        args.add(Terms.orZero(cts.get(i), e.outputs().get(i).type()));
        outs.add(Terms.orZero(step.of(op.consts() + i), e.outputs().get(i).type()));
        results.add(op.consts() + i);
      }
    }
    int carry = outs.size();
    residuals(step, slices, n, params, args);
    for (int i = op.carry(); i < active.size(); i++) {
      if (active.get(i)) {
        params.add(step.outs().get(i));
        args.add(cts.get(i).orElseThrow());
      }
    }
    for (int i = slices; i < n; i++) {
      Optional<Value> ct = step.of(i);
      if (ct.isPresent()) {
        outs.add(ct.get());
        results.add(i);
      }
    }
    Graph built = step.b().build(outs);
    Graph body = Dce.run(new Graph(built.name(), params, built.eqns(), built.outs()));
    List<Var> given =
        p.b.emit(new Control.Scan(body, consts, carry, op.length(), !op.reverse()), args);
    for (int i = 0; i < given.size(); i++) {
      p.give(e.in(results.get(i)), given.get(i));
    }
  }

  private void residuals(Step step, int from, int to, List<Param> params, List<Value> args) {
    for (int i = from; i < to; i++) {
      if (!linear.get(i)) {
        params.add(step.residuals().get(i));
        args.add(p.constant(e.in(i)));
      }
    }
  }
}
