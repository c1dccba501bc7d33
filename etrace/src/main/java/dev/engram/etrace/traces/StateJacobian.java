package dev.engram.etrace.traces;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.autodiff.Jvp;
import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.analysis.ColumnColors;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
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
import java.util.stream.IntStream;

/**
 * The Jacobian of hidden states with respect to their old values, along all paths within the step.
 *
 * <p>It is compressed: one directional derivative for each color of the columns, of which {@link
 * #entries} reads elements. {@link #times} is the product with one direction, without any of it.
 */
public final class StateJacobian {
  private final StepCopy copy;
  private final ColumnColors colors;
  private final Map<Integer, Tensor> rows = new HashMap<>();
  private final Map<Integer, Integer> offsets = new HashMap<>();
  private final Map<List<Integer>, Tensor> flat = new HashMap<>();

  private StateJacobian(StepCopy copy, ColumnColors colors) {
    this.copy = copy;
    this.colors = colors;
  }

  /** Computes the Jacobian of the states of a group, with columns of these colors. */
  public static StateJacobian of(StepCopy copy, HiddenGroup group, ColumnColors colors) {
    StateJacobian j = new StateJacobian(copy, colors);
    List<Integer> states = group.states();
    int total = states.size() * colors.count();
    Map<Var, Tensor> basis = new HashMap<>();
    for (int s : states) {
      j.offsets.put(s, j.offsets.size() * colors.count());
      TensorType t = copy.map.step.state(s).type();
      Tensor rows = j.directions(t.dtype(), total, j.offsets.get(s));
      basis.put(copy.map.oldState(s), rows.reshape(t.shape().insert(0, total)));
    }
    List<Tensor> found = batched(copy, states, basis, total);
    for (int i = 0; i < states.size(); i++) {
      j.rows.put(states.get(i), found.get(i));
    }
    return j;
  }

  /** Returns {@code [rows, positions]} with 1 where row = color of the column + offset. */
  private Tensor directions(DType dtype, int rows, int offset) {
    if (colors.isIdentity()) {
      return unit(copy.b, dtype, rows, colors.positions(), offset);
    }
    int[] row = colors.colors().stream().mapToInt(c -> c + offset).toArray();
    return marked(copy.b, dtype, rows, copy.b.tracer(copy.b.lift(HostTensor.of(row, row.length))));
  }

  /** Returns ∂h_s/∂h_r as {@code [colors, elements of h_s]}. */
  private Tensor compressed(int s, int r) {
    int from = offsets.get(r);
    int n = colors.count();
    return rows.get(s).slice(0, from, from + n).reshape(n, colors.positions());
  }

  /** Returns ∂h_s/∂h_r as {@code [elements of h_r, elements of h_s]}. */
  Tensor block(int s, int r) {
    if (colors.isIdentity()) {
      return compressed(s, r);
    }
    int n = colors.positions();
    int[] at = IntStream.range(0, n * n).map(i -> colors.at(i / n, i % n)).toArray();
    return entries(s, r, copy.b.tracer(copy.b.lift(HostTensor.of(at, n, n))));
  }

  /**
   * Returns elements of ∂h_s/∂h_r.
   *
   * @param at numbers by {@link ColumnColors#at}, of any shape
   */
  Tensor entries(int s, int r, Tensor at) {
    return flat.computeIfAbsent(
            List.of(s, r),
            _ -> compressed(s, r).reshape(colors.nothing()).pad(List.of(0), List.of(1), 0))
        .take(at, 0);
  }

  /** Returns the diagonal of {@link #block}, with the state's shape. */
  Tensor diagonal(int s, int r) {
    Tensor columns = compressed(s, r);
    Tensor own = columns;
    if (colors.count() > 1) {
      own = columns.mul(directions(columns.dtype(), colors.count(), 0)).sum(0);
    }
    return own.reshape(copy.map.step.state(s).type().shape());
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

  /** Returns {@code [rows, columns]} with 1 where row = column + offset. */
  static Tensor unit(Builder b, DType dtype, int rows, int columns, int offset) {
    TensorType t = new TensorType(DType.I32, Shape.of(rows, columns));
    Tensor column = b.tracer(b.emit1(new Source.Iota(t, 1)));
    return marked(b, dtype, rows, offset == 0 ? column : column.add(offset));
  }

  /** Returns {@code [rows, columns]} with 1 where the row is {@code at} of the column. */
  private static Tensor marked(Builder b, DType dtype, int rows, Tensor at) {
    Shape shape = Shape.of(rows, at.dim(at.rank() - 1));
    Tensor row = b.tracer(b.emit1(new Source.Iota(new TensorType(DType.I32, shape), 0)));
    Tensor wide = at.broadcastTo(shape);
    return b.tracer(b.emit1(new Elementwise(Rows.EQ), b.lift(row), b.lift(wide))).cast(dtype);
  }
}
