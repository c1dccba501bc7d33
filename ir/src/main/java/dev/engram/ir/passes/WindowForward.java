package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.TraceRecurrences.Accumulator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The steps of a window without traces, which stack what the rest of the window is made of. */
final class WindowForward {
  private static final Op ADD = new Elementwise(Rows.ADD);
  private static final Op MUL = new Elementwise(Rows.MUL);

  private final TraceRecurrences r;
  private final Builder b;
  private final Map<Value, Value> map = new HashMap<>();

  /** The carries that it has: neither traces nor sums of nothing else. */
  final List<Integer> kept = new ArrayList<>();

  private final Map<List<Object>, Integer> numbers = new HashMap<>();
  private final List<Value> stacked = new ArrayList<>();

  WindowForward(TraceRecurrences r, SourceLocation where) {
    this.r = r;
    this.b = new Builder(r.scan.body().name());
    r.parts.consts.forEach(c -> copy(c.param()));
    for (int c = 0; c < r.carries(); c++) {
      Accumulator a = r.sums.get(c);
      boolean gone = a != null && !a.read().isEmpty() && a.kept().isEmpty();
      if (!r.traces.contains(c) && !gone) {
        kept.add(c);
        copy(r.parts.carries.get(c).param());
      }
    }
    r.parts.xs.forEach(x -> copy(x.param()));
    for (Eqn e : r.scan.body().eqns()) {
      if (e.inputs().stream().allMatch(v -> v instanceof Lit || map.containsKey(v))) {
        b.copy(e, map);
      }
    }
    b.at(where);
  }

  private void copy(Param p) {
    map.put(p.var(), b.param(p));
  }

  /** The number, among what is stacked, of a sum of products with these axes of {@code whole}. */
  int stack(List<Product> sum, Collection<Integer> axes, TensorType whole) {
    return numbers.computeIfAbsent(
        List.of(sum, List.copyOf(axes), AxisTensor.type(axes, whole)),
        _ -> {
          stacked.add(sum(sum, axes, whole));
          return stacked.size() - 1;
        });
  }

  /** What is stacked under a number, of one step. */
  TensorType type(int number) {
    return stacked.get(number).type();
  }

  private Value sum(List<Product> sum, Collection<Integer> axes, TensorType whole) {
    return sum.stream()
        .map(p -> product(p, axes, whole))
        .reduce((v, w) -> b.emit1(ADD, v, w))
        .orElseThrow();
  }

  private Value product(Product p, Collection<Integer> axes, TensorType whole) {
    return p.factors().stream()
        .map(
            f ->
                new AxisTensor(Builder.mapped(map, f.value()), f.axes())
                    .onto(b, new TreeSet<>(axes), whole))
        .reduce((v, w) -> b.emit1(MUL, v, w))
        .orElse(Lit.one(AxisTensor.type(axes, whole)));
  }

  double bytesPerStep() {
    return stacked.stream().distinct().mapToDouble(MoveSumsOutOfScans::bytes).sum();
  }

  /**
   * The body of the scan: next values of carries, what it gives out itself, and what is stacked.
   */
  Graph body() {
    List<Value> outs = new ArrayList<>();
    kept.forEach(c -> outs.add(next(c)));
    r.parts.ys.forEach(y -> outs.add(Builder.mapped(map, y.out())));
    outs.addAll(stacked);
    return b.build(outs);
  }

  private Value next(int carry) {
    Accumulator a = r.sums.get(carry);
    if (a == null || a.read().isEmpty()) {
      return Builder.mapped(map, r.parts.carries.get(carry).out());
    }
    Value sum = Builder.mapped(map, r.param(carry));
    for (Value v : a.kept()) {
      sum = b.emit1(ADD, sum, Builder.mapped(map, v));
    }
    return sum;
  }

  Control.Scan scan(Graph body, int steps) {
    return new Control.Scan(body, r.parts.consts.size(), kept.size(), steps, false);
  }
}
