package dev.engram.ir.passes;

import dev.engram.ir.Control;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A scan taken apart, so that operands, carries and outputs can be removed or changed one by one,
 * and put together again.
 */
final class ScanForm {

  /** A loop constant or a stacked input: the body's parameter and the operand it gets. */
  record Input(Param param, Value operand) {}

  /** A carry: its parameter and first value, the body's next value, and the result it gives. */
  record Carry(Param param, Value operand, Value out, int result) {}

  /** A stacked output: the body's value and the result it gives. */
  record Output(Value out, int result) {}

  private final Control.Scan op;
  final List<Input> consts = new ArrayList<>();
  final List<Carry> carries = new ArrayList<>();
  final List<Input> xs = new ArrayList<>();
  final List<Output> ys = new ArrayList<>();

  /** Replacements for variables of the body. */
  final Map<Value, Value> replaced = new HashMap<>();

  ScanForm(Control.Scan op, List<? extends Value> in) {
    this.op = op;
    Graph body = op.body();
    for (int i = 0; i < in.size(); i++) {
      Param p = body.params().get(i);
      if (i < op.consts()) {
        consts.add(new Input(p, in.get(i)));
      } else if (i < op.consts() + op.carry()) {
        int k = i - op.consts();
        carries.add(new Carry(p, in.get(i), body.outs().get(k), k));
      } else {
        xs.add(new Input(p, in.get(i)));
      }
    }
    for (int k = op.carry(); k < body.outs().size(); k++) {
      ys.add(new Output(body.outs().get(k), k));
    }
  }

  /** The scan of what is left, whose body has {@code eqns}. */
  Control.Scan op(List<Eqn> eqns) {
    List<Param> params = new ArrayList<>();
    consts.forEach(c -> params.add(c.param()));
    carries.forEach(c -> params.add(c.param()));
    xs.forEach(x -> params.add(x.param()));
    List<Value> outs = new ArrayList<>();
    carries.forEach(c -> outs.add(c.out()));
    ys.forEach(y -> outs.add(y.out()));
    Graph body = new Graph(op.body().name(), params, eqns, outs);
    return new Control.Scan(
        withoutParams(body), consts.size(), carries.size(), op.length(), op.reverse());
  }

  Control.Scan op() {
    return op(op.body().eqns());
  }

  // Parameters that are replaced have been removed from the lists already.
  private Graph withoutParams(Graph body) {
    return replaced.isEmpty() ? body : Graphs.replace(body, replaced);
  }

  List<Value> operands() {
    List<Value> in = new ArrayList<>();
    consts.forEach(c -> in.add(c.operand()));
    carries.forEach(c -> in.add(c.operand()));
    xs.forEach(x -> in.add(x.operand()));
    return in;
  }

  /** For every result of {@link #op()} the position it had in the original scan. */
  List<Integer> results() {
    List<Integer> out = new ArrayList<>();
    carries.forEach(c -> out.add(c.result()));
    ys.forEach(y -> out.add(y.result()));
    return out;
  }
}
