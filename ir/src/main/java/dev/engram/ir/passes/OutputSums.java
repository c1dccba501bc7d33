package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Sums over the first axis that a scan only gives out, such as the loss of a batch at each step,
 * with what is computed from them. The scan can stack their terms instead.
 */
final class OutputSums {
  private final Control.Scan scan;
  private final ScanParts parts;

  /** Equations of the sums, in order. */
  private final List<Eqn> late;

  /** Their results. */
  private final Set<Value> ours = new HashSet<>();

  /** What the scan would stack for them, in order. */
  private final Set<Value> terms = new LinkedHashSet<>();

  OutputSums(Control.Scan scan, List<Value> in) {
    this.scan = scan;
    this.parts = new ScanParts(scan, in);
    this.late = late(candidates());
    late.forEach(e -> ours.addAll(e.outputs()));
    for (Eqn e : late) {
      e.inputs().stream().filter(v -> !(v instanceof Lit) && !ours.contains(v)).forEach(terms::add);
    }
  }

  /** Equations that only outputs need, on values of which each step has its own. */
  private Set<Eqn> candidates() {
    Map<Value, Integer> open = new HashMap<>();
    List<Eqn> eqns = scan.body().eqns();
    eqns.forEach(e -> e.inputs().forEach(v -> open.merge(v, 1, Integer::sum)));
    parts.carries.forEach(c -> open.merge(c.out(), 1, Integer::sum));
    Set<Value> same = new HashSet<>();
    parts.consts.forEach(c -> same.add(c.param().var()));
    Set<Eqn> found = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Eqn e : eqns.reversed()) {
      if (isSimple(e.op())
          && e.outputs().stream().allMatch(v -> open.getOrDefault(v, 0) == 0)
          && e.inputs().stream().noneMatch(same::contains)) {
        found.add(e);
        e.inputs().forEach(v -> open.merge(v, -1, Integer::sum));
      }
    }
    return found;
  }

  /** True for what cannot stop the run, as a user's row can. */
  private static boolean isSimple(Op op) {
    return isSum(op) || op instanceof Cast || (op instanceof Elementwise x && Rows.has(x.row()));
  }

  private static boolean isSum(Op op) {
    return op instanceof Reduce r && r.kind() == Reduce.Kind.SUM && r.axes().contains(0);
  }

  /** The sums among the candidates, and what depends on them. */
  private List<Eqn> late(Set<Eqn> candidates) {
    List<Eqn> late = new ArrayList<>();
    Set<Value> depend = new HashSet<>();
    for (Eqn e : scan.body().eqns()) {
      if (candidates.contains(e)
          && (isSum(e.op()) || e.inputs().stream().anyMatch(depend::contains))) {
        late.add(e);
        depend.addAll(e.outputs());
      }
    }
    return late;
  }

  boolean isEmpty() {
    return late.isEmpty();
  }

  /** Bytes that the scan stacks only for these sums. */
  double bytes() {
    Set<Value> there = new HashSet<>();
    parts.xs.forEach(x -> there.add(x.param().var()));
    parts.ys.forEach(y -> there.add(y.out()));
    return scan.length()
        * terms.stream()
            .filter(v -> !there.contains(v))
            .mapToDouble(MoveSumsOutOfScans::bytes)
            .sum();
  }

  /** Bytes that the scan stacks anyway. */
  double otherBytes() {
    return scan.length()
        * parts.ys.stream()
            .map(ScanParts.Output::out)
            .distinct()
            .filter(v -> !ours.contains(v))
            .mapToDouble(MoveSumsOutOfScans::bytes)
            .sum();
  }

  /** Emits the scan without the sums, and the sums of all steps. */
  List<Value> without(GraphRewriter to, Eqn e) {
    Map<Value, Value> whole = new HashMap<>();
    parts.xs.forEach(x -> whole.put(x.param().var(), x.operand()));
    List<ScanParts.Output> gone = parts.ys.stream().filter(y -> ours.contains(y.out())).toList();
    parts.ys.removeAll(gone);
    int result = e.outputs().size();
    Set<Value> stacked = new HashSet<>();
    parts.ys.forEach(y -> stacked.add(y.out()));
    for (Value v : terms) {
      if (!whole.containsKey(v) && stacked.add(v)) {
        parts.ys.add(new ScanParts.Output(v, result++));
      }
    }
    List<Eqn> left =
        scan.body().eqns().stream()
            .filter(b -> b.outputs().stream().noneMatch(ours::contains))
            .toList();
    Value[] all = MoveSumsOutOfScans.emit(to, e, parts, left, result);
    parts.ys.forEach(y -> whole.putIfAbsent(y.out(), all[y.result()]));
    for (Eqn l : late) {
      List<Value> in = l.inputs().stream().map(v -> atEachStep(v, whole)).toList();
      whole.put(l.outputs().getFirst(), to.emit(l, overTime(l.op()), in).getFirst());
    }
    gone.forEach(y -> all[y.result()] = whole.get(y.out()));
    return List.of(all).subList(0, e.outputs().size());
  }

  private Value atEachStep(Value v, Map<Value, Value> whole) {
    if (v instanceof Lit(TensorType t, long bits)) {
      return new Lit(t.with(t.shape().insert(0, scan.length())), bits);
    }
    return whole.get(v);
  }

  /** The same for all steps, along axis 0. */
  private static Op overTime(Op op) {
    return op instanceof Reduce r
        ? new Reduce(r.kind(), r.axes().stream().map(a -> a + 1).toList())
        : op;
  }
}
