package dev.engram.etrace.traces;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.autodiff.Jvp;
import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The Jacobian of hidden states with respect to their old values, along all paths within the step.
 *
 * <p>{@link #block} materializes it, with one directional derivative for each element; {@link
 * #times} is the product with one direction, without materializing it.
 */
public final class StateJacobian {
  private final StepCopy copy;
  private final Map<Integer, Tensor> rows = new HashMap<>();
  private final Map<Integer, Integer> offsets = new HashMap<>();

  private StateJacobian(StepCopy copy) {
    this.copy = copy;
  }

  /** Materializes the Jacobian of the states of a group. */
  public static StateJacobian of(StepCopy copy, HiddenGroup group) {
    StateJacobian j = new StateJacobian(copy);
    List<Integer> states = group.states();
    int total = 0;
    for (int s : states) {
      j.offsets.put(s, total);
      total += size(copy, s);
    }
    Map<Var, Tensor> basis = new HashMap<>();
    for (int s : states) {
      TensorType t = copy.map.step.state(s).type();
      Tensor rows = unit(copy.b, t.dtype(), total, size(copy, s), j.offsets.get(s));
      basis.put(copy.map.oldState(s), rows.reshape(t.shape().insert(0, total)));
    }
    List<Tensor> found = batched(copy, states, basis, total);
    for (int i = 0; i < states.size(); i++) {
      j.rows.put(states.get(i), found.get(i));
    }
    return j;
  }

  /** Returns ∂h_s/∂h_r as {@code [elements of h_r, elements of h_s]}. */
  Tensor block(int s, int r) {
    int from = offsets.get(r);
    return rows.get(s).slice(0, from, from + size(copy, r)).reshape(size(copy, r), size(copy, s));
  }

  /** Returns the diagonal of {@link #block}, with the state's shape. */
  Tensor diagonal(int s, int r) {
    Tensor block = block(s, r);
    int n = size(copy, s);
    Tensor eye = unit(copy.b, block.dtype(), n, n, 0);
    return block.mul(eye).sum(0).reshape(copy.map.step.state(s).type().shape());
  }

  /**
   * Returns the derivative of the new value of each state of {@code of} along a direction.
   *
   * @param directions for parameters of the step, by variable
   */
  static List<Tensor> times(StepCopy copy, List<Integer> of, Map<Var, Tensor> directions) {
    List<Value> args = arguments(copy, directions);
    List<Value> outs = copy.b.inline(jvp(copy, of, directions), args);
    return outs.subList(of.size(), outs.size()).stream().<Tensor>map(copy.b::tracer).toList();
  }

  /** {@link #times} for {@code n} directions, each with a leading axis of that length. */
  static List<Tensor> batched(StepCopy copy, List<Integer> of, Map<Var, Tensor> directions, int n) {
    List<Boolean> flags = new ArrayList<>();
    copy.parameters().forEach(_ -> flags.add(false));
    directions.forEach((_, _) -> flags.add(true));
    Batched wide = Batch.of(jvp(copy, of, directions), flags, n);
    List<Value> outs = copy.b.inline(wide.graph(), arguments(copy, directions));
    List<Tensor> found = new ArrayList<>();
    for (int i = of.size(); i < outs.size(); i++) {
      Tensor t = copy.b.tracer(outs.get(i));
      found.add(wide.outBatched().get(i) ? t : t.broadcastTo(t.shape().insert(0, n)));
    }
    return found;
  }

  private static Graph jvp(StepCopy copy, List<Integer> of, Map<Var, Tensor> directions) {
    Graph g = copy.map.step.graph();
    List<Value> outs = of.stream().map(copy.map::newState).toList();
    List<Boolean> flags = g.params().stream().map(p -> directions.containsKey(p.var())).toList();
    return Jvp.of(new Graph("new_states", g.params(), g.eqns(), outs), flags);
  }

  // Directions come in the order of the parameters.
  private static List<Value> arguments(StepCopy copy, Map<Var, Tensor> directions) {
    List<Value> args = new ArrayList<>(copy.parameters());
    for (Param p : copy.map.step.graph().params()) {
      if (directions.containsKey(p.var())) {
        args.add(copy.b.lift(directions.get(p.var())));
      }
    }
    return args;
  }

  private static int size(StepCopy copy, int s) {
    return FlatLength.of(copy.map.step.state(s).type());
  }

  /** Returns {@code [rows, columns]} with 1 where row = column + offset. */
  static Tensor unit(Builder b, DType dtype, int rows, int columns, int offset) {
    TensorType t = new TensorType(DType.I32, Shape.of(rows, columns));
    Tensor row = b.tracer(b.emit1(new Source.Iota(t, 0)));
    Tensor column = b.tracer(b.emit1(new Source.Iota(t, 1)));
    Tensor at = offset == 0 ? column : column.add(offset);
    return b.tracer(b.emit1(new Elementwise(Rows.EQ), b.lift(row), b.lift(at))).cast(dtype);
  }
}
