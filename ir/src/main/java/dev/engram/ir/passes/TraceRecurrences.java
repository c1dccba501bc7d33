package dev.engram.ir.passes;

import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The traces among the carries of a scan, {@code ε_i ← Σ_j D_ij∘ε_j + Σ x∘f} with factors of fewer
 * axes than ε has, and the sums that read them. Nothing else of the scan depends on a trace.
 */
final class TraceRecurrences {
  /** How many times smaller than the traces all their factors must be. */
  private static final int MIN_RATIO = 4;

  /** Larger groups of coupled traces are left as they are. */
  private static final int MAX_GROUP = 8;

  /** Pairs for each trace of a group: each takes a product and two sweeps in a window. */
  private static final int MAX_PAIRS = 2;

  /**
   * A term of a sum: that over axes of what is linear in traces.
   *
   * @param form its atoms are the numbers of carries for traces as a step finds them, and those
   *     plus {@code carries} for traces as it leaves them
   * @param type before the sum
   */
  record Reading(int carries, NavigableSet<Integer> summed, Affine form, TensorType type) {
    /** The coefficient of a trace as a step finds it: a sum of products, empty for 0. */
    List<Product> before(int trace) {
      return form.coefficients().getOrDefault(trace, List.of());
    }

    /** The same as it leaves it. */
    List<Product> after(int trace) {
      return before(carries + trace);
    }
  }

  /**
   * A carry that is its first value and the sum of these terms at every step.
   *
   * @param kept those that do not read traces
   */
  record Accumulator(int carry, List<Value> kept, List<Reading> read) {}

  final Control.Scan scan;
  final ScanParts parts;
  final NavigableSet<Integer> traces = new TreeSet<>();
  final NavigableMap<Integer, Accumulator> sums = new TreeMap<>();

  /** What stands against carries that are no such traces. */
  final NavigableMap<Integer, String> why = new TreeMap<>();

  private final LinearForms forms;
  private final Map<Value, Integer> uses = new HashMap<>();

  /** What each trace becomes. */
  private final Map<Integer, Affine> next = new HashMap<>();

  TraceRecurrences(Control.Scan scan, List<Value> in) {
    this.scan = scan;
    this.parts = new ScanParts(scan, in);
    this.forms = new LinearForms(scan.body());
    scan.body().eqns().forEach(e -> e.inputs().forEach(v -> uses.merge(v, 1, Integer::sum)));
    scan.body().outs().forEach(v -> uses.merge(v, 1, Integer::sum));
    for (int c = 0; c < carries(); c++) {
      if (!isFloat(param(c).type())) {
        why.put(c, "it is neither of f32 nor of f64");
      } else if (param(c).equals(next(c))) {
        why.put(c, "it does not change");
      } else {
        traces.add(c);
      }
    }
    BitSet refused;
    do {
      refused = notLinear();
      if (refused.isEmpty()) {
        refused = readOtherwise();
      }
      if (refused.isEmpty()) {
        refused = notWorthIt();
      }
      refused.stream().forEach(traces::remove);
    } while (!refused.isEmpty());
  }

  private static boolean isFloat(TensorType t) {
    return t.dtype() == DType.F32 || t.dtype() == DType.F64;
  }

  int carries() {
    return parts.carries.size();
  }

  Value param(int carry) {
    return parts.carries.get(carry).param().var();
  }

  private Value next(int carry) {
    return parts.carries.get(carry).out();
  }

  /** What trace i has of trace j after a step: a sum of products, empty for 0. */
  List<Product> decay(int i, int j) {
    return affine(i).coefficients().getOrDefault(j, List.of());
  }

  /** What a step adds to a trace. */
  List<Product> added(int trace) {
    return affine(trace).constant();
  }

  private Affine affine(int trace) {
    return Objects.requireNonNull(next.get(trace));
  }

  double traceBytes() {
    return traces.stream().mapToDouble(c -> MoveSumsOutOfScans.bytes(param(c))).sum();
  }

  /** True for traces, and for sums of products that are not sums over steps already. */
  boolean hasWindows() {
    return !traces.isEmpty() || sums() > 0;
  }

  /** How many carries are sums of products, or of traces. */
  int sums() {
    return (int)
        sums.values().stream().filter(a -> !a.read.isEmpty() || isSumOfProducts(a)).count();
  }

  /** True where a window can add up all terms, of which one at least is a product of a step. */
  private boolean isSumOfProducts(Accumulator a) {
    boolean product = false;
    for (Value v : a.kept) {
      Eqn e = forms.maker(v);
      if (e == null
          || uses.getOrDefault(v, 0) != 1
          || !MoveSumsOutOfScans.isSum(e.op())
          || !e.inputs().stream().allMatch(parts::changes)) {
        return false;
      }
      product |= e.op() instanceof Dot && e.inputs().stream().noneMatch(this::isOfInnerScan);
    }
    return product;
  }

  private boolean isOfInnerScan(Value v) {
    Eqn e = forms.maker(v);
    return e != null
        && (e.op() instanceof Control.Scan || (e.op() instanceof Move && isOfInnerScan(e.in(0))));
  }

  private BitSet notLinear() {
    List<LinearForms.Trace> atoms =
        traces.stream()
            .map(c -> new LinearForms.Trace(c, param(c), next(c), carries() + c))
            .toList();
    BitSet refused = new BitSet();
    forms.read(
        atoms,
        (e, on) -> {
          String line = e.where().isKnown() ? " (" + e.where() + ")" : "";
          refuse(on, e.op().mnemonic() + " reads it, or what is made of it" + line, refused);
        });
    return refused;
  }

  private void refuse(BitSet carries, String reason, BitSet refused) {
    carries.stream().forEach(c -> why.putIfAbsent(c, reason));
    refused.or(carries);
  }

  private static BitSet set(Collection<Integer> carries) {
    BitSet set = new BitSet();
    carries.forEach(set::set);
    return set;
  }

  /** Those that are none, or that others than traces and sums read. */
  private BitSet readOtherwise() {
    next.clear();
    sums.clear();
    BitSet refused = new BitSet();
    for (int c : traces) {
      Affine f = forms.inTracesBefore(next(c));
      if (f == null) {
        refuse(set(List.of(c)), "it is no linear function of itself and other traces", refused);
      } else {
        next.put(c, f);
      }
    }
    for (int c = 0; c < carries(); c++) {
      if (!traces.contains(c)) {
        Optional<Accumulator> a = accumulator(c);
        if (a.isPresent()) {
          sums.put(c, a.get());
        } else {
          String reason = "the next value of %s depends on it".formatted(name(c));
          refuse(forms.tracesIn(next(c)), reason, refused);
        }
      }
    }
    for (ScanParts.Output y : parts.ys) {
      refuse(forms.tracesIn(y.out()), "the scan stacks it, or what is made of it", refused);
    }
    return refused;
  }

  /** The path of a carry, or its number. */
  String name(int carry) {
    String path = parts.carries.get(carry).param().path();
    return path.isEmpty() ? "carry " + carry : path;
  }

  /** Empty where the carry is something else. */
  private Optional<Accumulator> accumulator(int carry) {
    List<Value> kept = new ArrayList<>();
    List<Reading> read = new ArrayList<>();
    int first = 0;
    Deque<Value> open = new ArrayDeque<>(List.of(next(carry)));
    while (!open.isEmpty()) {
      Value v = open.pop();
      Eqn e = forms.maker(v);
      boolean once = uses.getOrDefault(v, 0) == 1;
      if (v.equals(param(carry)) && once) {
        first++;
        continue;
      }
      if (e != null && once && LinearForms.isRow(e, Rows.ADD)) {
        open.push(e.in(1));
        open.push(e.in(0));
        continue;
      }
      Optional<Reading> reading = reading(v, e);
      if (reading.isPresent()) {
        read.add(reading.get());
      } else if (forms.tracesIn(v).isEmpty()) {
        kept.add(v);
      } else {
        return Optional.empty();
      }
    }
    return first == 1 ? Optional.of(new Accumulator(carry, kept, read)) : Optional.empty();
  }

  /** The axes that {@code e} sums over; null for something else. */
  static @Nullable List<Integer> summed(@Nullable Eqn e) {
    if (e != null && e.op() instanceof Reduce r && r.kind() == Reduce.Kind.SUM) {
      return r.axes();
    }
    return e != null && e.op() instanceof Move.Reshape r
        ? ones(e.in(0).type().shape(), r.shape())
        : null;
  }

  /** Axes of length 1 without which {@code from} is {@code to}; null where it is something else. */
  private static @Nullable List<Integer> ones(Shape from, Shape to) {
    List<Integer> dropped = new ArrayList<>();
    int kept = 0;
    for (int i = 0; i < from.rank(); i++) {
      if (kept < to.rank() && to.dim(kept) == from.dim(i)) {
        kept++;
      } else if (from.dim(i) == 1) {
        dropped.add(i);
      } else {
        return null;
      }
    }
    return kept == to.rank() ? dropped : null;
  }

  private Optional<Reading> reading(Value v, @Nullable Eqn e) {
    if (e == null || !isFloat(v.type())) {
      return Optional.empty();
    }
    List<Integer> summed = summed(e);
    Value of = summed == null ? v : e.in(0);
    Affine form = forms.inTraces(of);
    boolean reads = !forms.tracesIn(v).isEmpty();
    if (form == null || (!reads && (isOfInnerScan(v) || !isWorthIt(form, of.type())))) {
      return Optional.empty();
    }
    NavigableSet<Integer> axes = new TreeSet<>(summed == null ? List.of() : summed);
    return Optional.of(new Reading(carries(), axes, form, of.type()));
  }

  /** True for products of much smaller factors. */
  private static boolean isWorthIt(Affine form, TensorType t) {
    double factors = 0;
    for (Product p : form.constant()) {
      factors += Factored.of(p, new TreeSet<>(), t.shape()).size(t.shape());
    }
    return MIN_RATIO * factors <= t.size();
  }

  /** Traces that their factors, or what reads them, are not much smaller than. */
  private BitSet notWorthIt() {
    BitSet refused = new BitSet();
    for (List<Integer> group : groups()) {
      Shape shape = param(group.getFirst()).type().shape();
      NavigableSet<Integer> axes = decayAxes(group);
      double factors = group.size() * Factored.size(axes, shape);
      for (int c : group) {
        for (Product u : added(c)) {
          factors += Factored.of(u, axes, shape).size(shape);
        }
      }
      BitSet all = set(group);
      if (group.stream().allMatch(c -> added(c).isEmpty())) {
        refuse(all, "nothing is added to it", refused);
      } else if (MIN_RATIO * factors > (double) group.size() * shape.size()) {
        String reason = "its factors, decays and readers are together not %d times smaller than it";
        refuse(all, reason.formatted(MIN_RATIO), refused);
      } else if (pairs(group) > MAX_PAIRS * group.size()) {
        refuse(all, "too many traces become one another", refused);
      }
    }
    return refused;
  }

  /** How many pairs of a group there are of which one becomes the other, in any number of steps. */
  private int pairs(List<Integer> group) {
    if (group.size() > MAX_GROUP) {
      return Integer.MAX_VALUE;
    }
    int pairs = 0;
    for (boolean[] row : reach(group)) {
      for (boolean is : row) {
        pairs += is ? 1 : 0;
      }
    }
    return pairs;
  }

  /** Whether trace i of a group has something of trace j after no, one or more steps. */
  boolean[][] reach(List<Integer> group) {
    int n = group.size();
    boolean[][] reach = new boolean[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        reach[i][j] = i == j || !decay(group.get(i), group.get(j)).isEmpty();
      }
    }
    for (int k = 0; k < n; k++) {
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          reach[i][j] |= reach[i][k] && reach[k][j];
        }
      }
    }
    return reach;
  }

  /** Traces that become one another. */
  List<List<Integer>> groups() {
    List<Set<Integer>> groups = new ArrayList<>();
    for (int c : traces) {
      Set<Integer> group = new TreeSet<>(affine(c).coefficients().keySet());
      group.add(c);
      for (Set<Integer> other : List.copyOf(groups)) {
        if (other.stream().anyMatch(group::contains)) {
          groups.remove(other);
          group.addAll(other);
        }
      }
      groups.add(group);
    }
    return groups.stream().map(List::copyOf).toList();
  }

  /** Axes of what a group decays by, and of what reads it. */
  NavigableSet<Integer> decayAxes(List<Integer> group) {
    NavigableSet<Integer> axes = new TreeSet<>();
    for (int c : group) {
      affine(c).coefficients().values().forEach(d -> d.forEach(p -> axes.addAll(p.axes())));
      for (Accumulator a : sums.values()) {
        for (Reading r : a.read) {
          r.before(c).forEach(p -> axes.addAll(p.axes()));
          r.after(c).forEach(p -> axes.addAll(p.axes()));
        }
      }
    }
    return axes;
  }
}
