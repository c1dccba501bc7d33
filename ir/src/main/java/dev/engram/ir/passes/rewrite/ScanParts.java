package dev.engram.ir.passes.rewrite;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Move;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A scan taken apart, so that operands, carries and outputs can be removed or changed one by one,
 * and put together again.
 */
public final class ScanParts {

  /** A loop constant or a stacked input: the body's parameter and the operand it gets. */
  public record Input(Param param, Value operand) {}

  /** A carry: its parameter and first value, the body's next value, and the result it gives. */
  public record Carry(Param param, Value operand, Value out, int result) {}

  /** A stacked output: the body's value and the result it gives. */
  public record Output(Value out, int result) {}

  private final Control.Scan op;
  public final List<Input> consts = new ArrayList<>();
  public final List<Carry> carries = new ArrayList<>();
  public final List<Input> xs = new ArrayList<>();
  public final List<Output> ys = new ArrayList<>();

  /** Replacements for variables of the body. */
  public final Map<Value, Value> replaced = new HashMap<>();

  /** What is the same at every step; made when it is asked for. */
  private @Nullable Set<Value> same;

  public ScanParts(Control.Scan op, List<? extends Value> in) {
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

  /**
   * True for what may be another value at every step; false for literals, for constants of the
   * loop, and for moves of either, which stay in its body.
   */
  public boolean changes(Value v) {
    return !(v instanceof Lit) && !same().contains(v);
  }

  private Set<Value> same() {
    Set<Value> all = same;
    if (all == null) {
      Set<Value> found = new HashSet<>();
      op.body().params().subList(0, op.consts()).forEach(p -> found.add(p.var()));
      for (Eqn e : op.body().eqns()) {
        if (e.op() instanceof Move
            && e.inputs().stream().allMatch(v -> v instanceof Lit || found.contains(v))) {
          found.addAll(e.outputs());
        }
      }
      all = found;
      same = all;
    }
    return all;
  }

  /** The scan of what is left, whose body has {@code eqns}. */
  public Control.Scan op(List<Eqn> eqns) {
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

  public Control.Scan op() {
    return op(op.body().eqns());
  }

  // Parameters that are replaced have been removed from the lists already.
  private Graph withoutParams(Graph body) {
    return replaced.isEmpty() ? body : Graphs.replace(body, replaced);
  }

  public List<Value> operands() {
    List<Value> in = new ArrayList<>();
    consts.forEach(c -> in.add(c.operand()));
    carries.forEach(c -> in.add(c.operand()));
    xs.forEach(x -> in.add(x.operand()));
    return in;
  }

  /** For every result of {@link #op()} the position it had in the original scan. */
  public List<Integer> results() {
    List<Integer> out = new ArrayList<>();
    carries.forEach(c -> out.add(c.result()));
    ys.forEach(y -> out.add(y.result()));
    return out;
  }
}
