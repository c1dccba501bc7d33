package dev.engram.etrace.analysis;

import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.etrace.normalize.Relabelling;
import dev.engram.ir.Eqn;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The sparsity pattern of the state Jacobian: which positions of a hidden group each position
 * reaches in one step.
 *
 * <p>It is computed element by element, from where ops take their elements. A factor that is known
 * to be zero blocks a path, as in a masked recurrent weight. What the graph does not determine,
 * such as positions chosen by data, counts as reached.
 */
final class JacobianSparsity {
  /**
   * The facts about a value: for each element, the positions that reach it; which elements are
   * zero.
   */
  private record Known(List<BitSet> from, BitSet zeros) {
    boolean isReached() {
      return from.stream().anyMatch(b -> !b.isEmpty());
    }
  }

  private final Flow flow;
  private final Map<Value, Known> known = new HashMap<>();

  /** The facts about values that no position reaches. */
  private final Map<Value, Known> constants;

  private JacobianSparsity(Flow flow, Map<Value, Known> constants) {
    this.flow = flow;
    this.constants = constants;
  }

  /** Computes the pattern of every group; values that no group reaches are analysed once. */
  static Function<HiddenGroup, List<BitSet>> in(SiteMap map) {
    JacobianSparsity none = new JacobianSparsity(map.analysis.flow, Map.of());
    AtomicBoolean visited = new AtomicBoolean();
    return group -> {
      if (map.analysis.mixesPositions(group) && visited.compareAndSet(false, true)) {
        map.step.graph().eqns().forEach(none::visit);
      }
      return of(map, group, none.known);
    };
  }

  private static List<BitSet> of(SiteMap map, HiddenGroup group, Map<Value, Known> constants) {
    int n = FlatLength.of(map.step.state(group.states().getFirst()).type());
    if (!map.analysis.mixesPositions(group)) {
      return IntStream.range(0, n).mapToObj(JacobianSparsity::only).toList();
    }
    JacobianSparsity found = new JacobianSparsity(map.analysis.flow, constants);
    List<BitSet> own = IntStream.range(0, n).mapToObj(JacobianSparsity::only).toList();
    group.states().forEach(s -> found.known.put(map.oldState(s), new Known(own, new BitSet())));
    map.analysis.flow.behind(
        group.states().stream().map(map::oldState).toList(),
        e -> {
          found.visit(e);
          return e.outputs();
        });
    List<BitSet> reached = IntStream.range(0, n).mapToObj(_ -> new BitSet()).toList();
    for (int s : group.states()) {
      List<BitSet> from = found.of(map.newState(s)).from;
      for (int to = 0; to < n; to++) {
        int at = to;
        from.get(to).stream().forEach(i -> reached.get(i).set(at));
      }
    }
    return reached;
  }

  private static BitSet only(int i) {
    BitSet b = new BitSet();
    b.set(i);
    return b;
  }

  private static int size(Value v) {
    return FlatLength.of(v.type());
  }

  private Known of(Value v) {
    return switch (v) {
      case Lit lit -> {
        BitSet zeros = new BitSet();
        zeros.set(0, lit.asDouble() == 0 ? size(v) : 0);
        yield new Known(nothing(size(v)), zeros);
      }
      case Var x -> {
        Known k = known.getOrDefault(x, constants.get(x));
        yield k == null ? new Known(nothing(size(v)), new BitSet()) : k;
      }
    };
  }

  private static List<BitSet> nothing(int size) {
    return Collections.nCopies(size, new BitSet());
  }

  private void visit(Eqn e) {
    switch (e.op()) {
      case Source.Const(HostTensor t) -> known.put(e.out(), constant(t));
      case Source _, HostEffect _ -> {}
      case Elementwise(ElementwiseRow row) -> elementwise(e, row);
      case Cast _, Check _ -> {
        Known x = of(e.in(0));
        known.put(e.out(), carried(e, 0) ? x : new Known(nothing(size(e.out())), x.zeros));
      }
      case Dot d -> reachedThrough(e, () -> dot(e, d));
      case Reduce r -> reachedThrough(e, () -> reduce(e, r));
      case Move _ -> known.put(e.out(), moved(e, e.inputs().size(), List.of()));
      case Index.Gather _ -> {
        Optional<HostTensor> at = Relabelling.constant(flow, e.in(1));
        if (at.isPresent()) {
          known.put(e.out(), moved(e, 1, List.of(at.get())));
        } else {
          anything(e);
        }
      }
      case Index _, Custom _ -> anything(e);
      case Control _ -> {
        if (Flow.keepsPositions(e)) {
          e.outputs().forEach(o -> known.put(o, new Known(union(e, size(o)), new BitSet())));
        } else {
          anything(e);
        }
      }
    }
  }

  private static Known constant(HostTensor t) {
    BitSet zeros = new BitSet();
    for (int i = 0; i < t.type().size(); i++) {
      zeros.set(i, t.getDouble(i) == 0);
    }
    return new Known(nothing(FlatLength.of(t.type())), zeros);
  }

  private static boolean carried(Eqn e, int operand) {
    return !Flow.carried(new Flow.Use(e, operand)).isEmpty();
  }

  private void reachedThrough(Eqn e, Supplier<List<BitSet>> from) {
    boolean reached =
        IntStream.range(0, e.inputs().size())
            .anyMatch(i -> carried(e, i) && of(e.in(i)).isReached());
    if (reached) {
      known.put(e.out(), new Known(from.get(), new BitSet()));
    }
  }

  /** Every element of the operands reaches every element of the results. */
  private void anything(Eqn e) {
    for (Var out : e.outputs()) {
      BitSet all = new BitSet();
      for (int i = 0; i < e.inputs().size(); i++) {
        if (Flow.carried(new Flow.Use(e, i)).contains(out)) {
          of(e.in(i)).from.forEach(all::or);
        }
      }
      if (!all.isEmpty()) {
        known.put(out, new Known(Collections.nCopies(size(out), all), new BitSet()));
      }
    }
  }

  /** Position by position, from all operands that have a derivative. */
  private List<BitSet> union(Eqn e, int size) {
    List<BitSet> out = IntStream.range(0, size).mapToObj(_ -> new BitSet()).toList();
    for (int k = 0; k < e.inputs().size(); k++) {
      if (carried(e, k)) {
        List<BitSet> from = of(e.in(k)).from;
        for (int i = 0; i < size; i++) {
          out.get(i).or(from.get(from.size() == 1 ? 0 : i));
        }
      }
    }
    return out;
  }

  private void elementwise(Eqn e, ElementwiseRow row) {
    int n = size(e.out());
    boolean choice = row.equals(Rows.SELECT) && e.in(0) instanceof Var p && isConstant(p);
    List<BitSet> from = union(e, n);
    BitSet zeros = new BitSet();
    for (int i = 0; i < n; i++) {
      if (choice) {
        int chosen = zero(e, 0, i) ? 2 : 1;
        from.get(i).clear();
        from.get(i).or(at(e, chosen, i));
        zeros.set(i, zero(e, chosen, i));
      } else if (isZero(e, row, i)) {
        zeros.set(i);
        from.get(i).clear();
      }
    }
    known.put(e.out(), new Known(from, zeros));
  }

  private boolean isConstant(Var v) {
    return flow.definition(v) instanceof Eqn d && d.op() instanceof Source.Const;
  }

  private BitSet at(Eqn e, int operand, int i) {
    List<BitSet> from = of(e.in(operand)).from;
    return from.get(from.size() == 1 ? 0 : i);
  }

  private boolean zero(Eqn e, int operand, int i) {
    return of(e.in(operand)).zeros.get(size(e.in(operand)) == 1 ? 0 : i);
  }

  private boolean isZero(Eqn e, ElementwiseRow row, int i) {
    if (row.equals(Rows.MUL)) {
      return zero(e, 0, i) || zero(e, 1, i);
    }
    if (row.equals(Rows.ADD) || row.equals(Rows.SUB)) {
      return zero(e, 0, i) && zero(e, 1, i);
    }
    return (row.equals(Rows.NEG) || row.equals(Rows.ABS) || row.equals(Rows.DIV)) && zero(e, 0, i);
  }

  private List<BitSet> dot(Eqn e, Dot d) {
    Known x = of(e.in(0));
    Known y = of(e.in(1));
    Shape xs = e.in(0).type().shape();
    Shape ys = e.in(1).type().shape();
    int[] xBatch = offsets(xs, d.lhsBatch());
    int[] yBatch = offsets(ys, d.rhsBatch());
    int[] xFree = offsets(xs, others(xs, d.lhsBatch(), d.lhsContract()));
    int[] yFree = offsets(ys, others(ys, d.rhsBatch(), d.rhsContract()));
    int[] xSum = offsets(xs, d.lhsContract());
    int[] ySum = offsets(ys, d.rhsContract());
    List<BitSet> out = new ArrayList<>();
    for (int b = 0; b < xBatch.length; b++) {
      for (int i : xFree) {
        for (int j : yFree) {
          BitSet all = new BitSet();
          for (int k = 0; k < xSum.length; k++) {
            int at = xBatch[b] + i + xSum[k];
            int with = yBatch[b] + j + ySum[k];
            if (!x.zeros.get(at) && !y.zeros.get(with)) {
              all.or(x.from.get(at));
              all.or(y.from.get(with));
            }
          }
          out.add(all);
        }
      }
    }
    return out;
  }

  private List<BitSet> reduce(Eqn e, Reduce r) {
    Known x = of(e.in(0));
    Shape s = e.in(0).type().shape();
    int[] over = offsets(s, r.axes());
    return Arrays.stream(offsets(s, others(s, r.axes(), List.of())))
        .mapToObj(
            i -> {
              BitSet all = new BitSet();
              Arrays.stream(over).forEach(k -> all.or(x.from.get(i + k)));
              return all;
            })
        .toList();
  }

  private static List<Integer> others(Shape s, List<Integer> a, List<Integer> b) {
    return IntStream.range(0, s.rank())
        .filter(i -> !a.contains(i) && !b.contains(i))
        .boxed()
        .toList();
  }

  /** Returns the row-major offsets of all positions along {@code axes}, the last fastest. */
  private static int[] offsets(Shape s, List<Integer> axes) {
    int[] out = {0};
    for (int axis : axes) {
      int n = s.dim(axis);
      int stride = Math.toIntExact(s.range(axis + 1, s.rank()).size());
      int[] next = new int[out.length * n];
      for (int i = 0; i < next.length; i++) {
        next[i] = out[i / n] + i % n * stride;
      }
      out = next;
    }
    return out;
  }

  /** Runs the op on element numbers to find where each element of its result comes from. */
  private Known moved(Eqn e, int operands, List<HostTensor> constants) {
    List<Tensor> numbers = new ArrayList<>();
    List<BitSet> from = new ArrayList<>();
    BitSet zeros = new BitSet();
    for (int k = 0; k < operands; k++) {
      int first = from.size();
      int n = size(e.in(k));
      int[] own = IntStream.range(first, first + n).toArray();
      numbers.add(HostTensor.of(own, n).reshape(e.in(k).type().shape()));
      Known x = of(e.in(k));
      from.addAll(carried(e, k) ? x.from : nothing(n));
      x.zeros.stream().forEach(i -> zeros.set(first + i));
    }
    numbers.addAll(constants);
    HostTensor taken = Tensor.apply(e.op(), numbers).getFirst().host();
    List<BitSet> out = new ArrayList<>();
    BitSet outZeros = new BitSet();
    for (int i = 0; i < taken.type().size(); i++) {
      int source = (int) taken.getDouble(i);
      out.add(from.get(source));
      outZeros.set(i, zeros.get(source));
    }
    return new Known(out, outZeros);
  }
}
