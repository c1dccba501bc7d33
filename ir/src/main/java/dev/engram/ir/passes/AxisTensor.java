package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * A tensor with some of the axes of a whole, in their order; one over time has its steps in front.
 */
record AxisTensor(Value value, NavigableSet<Integer> axes) {
  AxisTensor(Value value, Collection<Integer> axes) {
    this(value, new TreeSet<>(axes));
  }

  /** The type of a tensor with these axes of {@code whole}. */
  static TensorType type(Collection<Integer> axes, TensorType whole) {
    return whole.with(Shape.of(axes.stream().sorted().map(whole.shape()::dim).toList()));
  }

  /** This, repeated along the other axes of {@code to}; for one step. */
  Value onto(Builder b, NavigableSet<Integer> to, TensorType whole) {
    TensorType t = type(to, whole);
    if (value instanceof Lit l) {
      return new Lit(t, l.bits());
    }
    if (axes.size() == to.size()) {
      return value;
    }
    List<Integer> order = List.copyOf(to);
    return b.emit1(
        new Move.Broadcast(t.shape(), axes.stream().map(order::indexOf).toList()), value);
  }

  /**
   * {@code Σ_t p_t ⊗ q_t} of two over time, summed over more axes, too: one contraction, for each
   * of the axes that both have and that are not summed.
   */
  static Value overTime(Builder b, AxisTensor p, AxisTensor q, Collection<Integer> summed) {
    AxisTensor lhs = p.withoutAlone(b, q.axes, summed);
    AxisTensor rhs = q.withoutAlone(b, p.axes, summed);
    List<Integer> order = order(lhs, rhs, summed);
    List<Integer> sorted = order.stream().sorted().toList();
    if (!order.equals(sorted) && order(rhs, lhs, summed).equals(sorted)) {
      return dot(b, rhs, lhs, summed);
    }
    Value dot = dot(b, lhs, rhs, summed);
    return order.equals(sorted)
        ? dot
        : b.emit1(new Move.Transpose(sorted.stream().map(order::indexOf).toList()), dot);
  }

  /** Summed over those axes to sum that the other factor does not have. */
  private AxisTensor withoutAlone(
      Builder b, NavigableSet<Integer> other, Collection<Integer> summed) {
    NavigableSet<Integer> left = new TreeSet<>(axes);
    left.removeIf(a -> summed.contains(a) && !other.contains(a));
    List<Integer> order = List.copyOf(axes);
    List<Integer> alone =
        axes.stream().filter(a -> !left.contains(a)).map(a -> order.indexOf(a) + 1).toList();
    return new AxisTensor(sum(b, value, alone), left);
  }

  static Value sum(Builder b, Value v, Collection<Integer> axes) {
    return axes.isEmpty() ? v : b.emit1(new Reduce(Reduce.Kind.SUM, List.copyOf(axes)), v);
  }

  private static Value dot(Builder b, AxisTensor p, AxisTensor q, Collection<Integer> summed) {
    List<Integer> pContract = new ArrayList<>(List.of(0));
    List<Integer> qContract = new ArrayList<>(List.of(0));
    List<Integer> pBatch = new ArrayList<>();
    List<Integer> qBatch = new ArrayList<>();
    List<Integer> pOrder = List.copyOf(p.axes);
    List<Integer> qOrder = List.copyOf(q.axes);
    for (int a : p.axes) {
      if (q.axes.contains(a)) {
        (summed.contains(a) ? pContract : pBatch).add(pOrder.indexOf(a) + 1);
        (summed.contains(a) ? qContract : qBatch).add(qOrder.indexOf(a) + 1);
      }
    }
    return b.emit1(new Dot(pContract, qContract, pBatch, qBatch), p.value, q.value);
  }

  /** The axes of such a contraction, in its order. */
  private static List<Integer> order(AxisTensor p, AxisTensor q, Collection<Integer> summed) {
    List<Integer> all = new ArrayList<>();
    p.axes.stream().filter(a -> q.axes.contains(a) && !summed.contains(a)).forEach(all::add);
    p.axes.stream().filter(a -> !q.axes.contains(a)).forEach(all::add);
    q.axes.stream().filter(a -> !p.axes.contains(a)).forEach(all::add);
    return all;
  }
}
