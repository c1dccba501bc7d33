package dev.engram.lower.fuse;

import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.lower.FoldLanes;
import dev.engram.lower.LoweringOptions;
import dev.engram.lower.prepare.PackedOperand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fusion plan of one graph: which values are computed at their own place in the schedule, which
 * of them share a nest, and the order of the nests. Memory is decided later.
 */
public final class FusionPlan {
  /** Number of readers of a value that are tried for fusion with another reader. */
  private static final int NEIGHBOURS = 4;

  // Represents the result of an equation without results.
  private static final Lit NOTHING = Lit.zero(TensorType.scalar(DType.BOOL));

  public final Graph graph;
  public final GroupOrder schedule = new GroupOrder();

  /** The fused value of each result of the graph; several results may share one. */
  public final List<FusedValue> results = new ArrayList<>();

  private final Map<Value, Eqn> defining = new HashMap<>();
  private final Map<Value, FusedValue> fused = new HashMap<>();
  private final Readers readers = new Readers();
  private final Set<Value> params = new HashSet<>();
  private final Map<Value, Integer> weights = new HashMap<>();

  /** Bytes in memory that a value is computed from; its own size if it is in memory itself. */
  private final Map<Value, Double> read = new HashMap<>();

  private final Materialization materialization;
  private final Set<Value> carried = new HashSet<>();
  private final LoweringOptions options;

  /** Plans of the inner graphs of loops and branches. */
  private final Map<Graph, FusionPlan> inner = new HashMap<>();

  public FusionPlan(Graph graph, LoweringOptions options) {
    this.graph = graph;
    this.options = options;
    for (Param p : graph.params()) {
      params.add(p.var());
    }
    for (Eqn e : graph.eqns()) {
      e.outputs().forEach(v -> defining.put(v, e));
    }
    materialization = new Materialization(graph);
    for (Eqn e : graph.eqns()) {
      group(e);
    }
    results();
  }

  static Value first(Eqn e) {
    return e.outputs().isEmpty() ? NOTHING : e.outputs().getFirst();
  }

  @Nullable
  public FusedValue fused(Value v) {
    return fused.get(v);
  }

  @Nullable
  public Eqn defining(Value v) {
    return defining.get(v);
  }

  /** True for a parameter that the enclosing loop changes. */
  public boolean isCarried(Value v) {
    return carried.contains(v);
  }

  public FusionPlan inner(Control.Scan s) {
    FusionPlan b = inner(s.body());
    for (Param p : s.body().params().subList(s.consts(), s.consts() + s.carry())) {
      b.carried.add(p.var());
    }
    return b;
  }

  /** Returns the plan of the body of {@code w}. */
  public FusionPlan inner(Control.While w) {
    for (Graph g : List.of(w.condition(), w.body())) {
      FusionPlan b = inner(g);
      for (Param p : g.params().subList(w.consts(), g.params().size())) {
        b.carried.add(p.var());
      }
    }
    return inner(w.body());
  }

  public FusionPlan inner(Graph g) {
    return inner.computeIfAbsent(g, x -> new FusionPlan(x, options));
  }

  private void group(Eqn e) {
    AccessMaps.Kind kind = AccessMaps.kind(e);
    switch (kind) {
      case OPAQUE -> opaque(e);
      case FOLD -> mapped(new FusedValue(e.out(), e, kind, 1 + operandWeight(e)));
      case FREE, MAP -> {
        if (e.op() instanceof Dot && AccessMaps.folded(e).size() > 1 && joinedAsFold(e)) {
          return;
        }
        int weight = operandWeight(e) + (kind == AccessMaps.Kind.FREE ? 0 : 1);
        boolean kept = materialization.isShared(e.out()) && !spreads(e);
        boolean shared = kind == AccessMaps.Kind.MAP && (kept || !options.fuse());
        if (materialization.isStored(e.out()) || shared || weight > options.inlineWeight()) {
          mapped(new FusedValue(e.out(), e, AccessMaps.Kind.MAP, Math.max(1, weight)));
        } else {
          weights.put(e.out(), weight);
          read.put(e.out(), readBytes(e));
        }
      }
    }
  }

  // For example, the sums of all pairs from two long rows.
  private boolean spreads(Eqn e) {
    double bytes = bytes(e.out());
    return bytes > options.keptBytes() && bytes > options.spread() * readBytes(e);
  }

  private double readBytes(Eqn e) {
    return e.inputs().stream().mapToDouble(v -> read.getOrDefault(v, bytes(v))).sum();
  }

  // A view may have more elements than a long can count.
  private static double bytes(Value v) {
    return (double) v.type().size() * v.type().dtype().bytes();
  }

  // A short contraction is unrolled unless it can be folded together with what it reads.
  private boolean joinedAsFold(Eqn e) {
    FusedValue n = new FusedValue(e.out(), e, AccessMaps.Kind.FOLD, 1 + operandWeight(e));
    List<Integer> dims = Alignment.dims(n);
    int[] natural = Alignment.natural(dims);
    boolean done =
        options.fuse() && join(n, dims, leaves(n, natural, Alignment.axes(natural))) != null;
    if (done) {
      fused.put(n.value, n);
    }
    return done;
  }

  private int operandWeight(Eqn e) {
    int terms =
        e.op() instanceof Dot && AccessMaps.kind(e) == AccessMaps.Kind.MAP
            ? (int) AccessMaps.folded(e).size()
            : 1;
    int w = 0;
    for (Value v : e.inputs()) {
      w += terms * weights.getOrDefault(v, 0);
    }
    return w + terms - 1;
  }

  private void opaque(Eqn e) {
    FusionGroup k = new FusionGroup(new int[0], new boolean[0]);
    FusedValue n = new FusedValue(first(e), e, AccessMaps.Kind.OPAQUE, 1);
    n.place(k, AffineIndex.at(0), AffineIndex.at(0));
    k.members.add(n);
    e.outputs().forEach(v -> fused.put(v, n));
    for (int i = 0; i < e.inputs().size(); i++) {
      fromMemory(k, e.in(i), i);
    }
    schedule.append(k);
  }

  // An operand of an opaque group depends on everything down to the fused values.
  private void fromMemory(FusionGroup k, Value v, int slot) {
    if (v instanceof Lit) {
      return;
    }
    FusedValue n = fused.get(v);
    if (n != null) {
      n.external = true;
      k.reads(n.group());
      readers.add(v, k, null, slot);
    } else if (params.contains(v)) {
      readers.add(v, k, null, slot);
    } else {
      for (Value u : java.util.Objects.requireNonNull(defining.get(v)).inputs()) {
        fromMemory(k, u, -1);
      }
    }
  }

  /** A read of a fused value or a parameter. */
  private record Leaf(Value value, @Nullable AffineIndex at) {}

  private void mapped(FusedValue n) {
    List<Integer> dims = Alignment.dims(n);
    int[] natural = Alignment.natural(dims);
    List<Leaf> leaves = leaves(n, natural, Alignment.axes(natural));
    boolean apart = !options.fuse() || (n.eqn != null && n.eqn.op() instanceof PackedOperand);
    if (apart || join(n, dims, leaves) == null) {
      alone(n, dims, natural, leaves);
    }
    fused.put(n.value, n);
  }

  private void alone(FusedValue n, List<Integer> dims, int[] natural, List<Leaf> leaves) {
    int[] length = new int[Alignment.axes(natural)];
    boolean[] reduce = new boolean[length.length];
    for (int d = 0; d < natural.length; d++) {
      if (natural[d] >= 0) {
        length[natural[d]] = dims.get(d);
        reduce[natural[d]] = d >= n.value.type().rank();
      }
    }
    FusionGroup k = new FusionGroup(length, reduce);
    place(n, k, natural);
    schedule.append(k);
    settle(n, k, leaves);
  }

  private static void place(FusedValue n, FusionGroup k, int[] axisOf) {
    int rank = n.value.type().rank();
    AffineIndex all = AffineIndex.along(axisOf, k.length.length);
    int[] kept = java.util.stream.IntStream.range(0, rank).toArray();
    int[] folded = java.util.stream.IntStream.range(rank, axisOf.length).toArray();
    n.place(k, all.pick(kept), all.pick(folded));
  }

  private void settle(FusedValue n, FusionGroup k, List<Leaf> leaves) {
    k.members.add(n);
    k.weight += n.weight;
    for (Leaf l : leaves) {
      FusedValue from = fused.get(l.value());
      if (from != null && from.group() != k) {
        from.external = true;
        k.reads(from.group());
      }
      readers.add(l.value(), k, l.at(), -1);
    }
  }

  private List<Leaf> leaves(FusedValue n, int[] axisOf, int space) {
    int rank = n.value.type().rank();
    AffineIndex all = AffineIndex.along(axisOf, space);
    AffineIndex kept = all.pick(java.util.stream.IntStream.range(0, rank).toArray());
    List<Leaf> out = new ArrayList<>();
    if (n.eqn == null) {
      leaf(n.value, kept, out);
    } else {
      AffineIndex folded =
          all.pick(java.util.stream.IntStream.range(rank, axisOf.length).toArray());
      List<AccessMaps.Read> reads =
          n.kind == AccessMaps.Kind.FOLD
              ? AccessMaps.folding(n.eqn, kept, folded)
              : AccessMaps.of(n.eqn, kept);
      reads.forEach(r -> leaf(r.value(), r.at(), out));
    }
    return out;
  }

  private void leaf(Value v, @Nullable AffineIndex at, List<Leaf> out) {
    if (v instanceof Lit) {
      return;
    }
    Eqn e = defining.get(v);
    if (e == null || fused.containsKey(v)) {
      out.add(new Leaf(v, at));
    } else if (at == null) {
      e.inputs().forEach(u -> leaf(u, null, out));
    } else {
      AccessMaps.of(e, at).forEach(r -> leaf(r.value(), r.at(), out));
    }
  }

  private @Nullable FusionGroup join(FusedValue n, List<Integer> dims, List<Leaf> leaves) {
    Set<FusionGroup> tried = new HashSet<>();
    for (Leaf l : leaves.reversed()) {
      FusedValue from = fused.get(l.value());
      if (from != null && l.at() != null) {
        if (tried(n, dims, l.at(), from.group(), from.point(), tried)) {
          return from.group();
        }
      }
    }
    // Fuse with a group that reads the same elements at the same points.
    for (Leaf l : leaves) {
      for (Readers.Read r : readers.latest(l.value(), NEIGHBOURS)) {
        boolean both = l.at() != null && r.at() != null && !separates(n, r.group());
        if (both && tried(n, dims, l.at(), r.group(), r.at(), tried)) {
          return r.group();
        }
      }
    }
    return null;
  }

  // What else is computed at the points of a product would save one read, and cost that the product
  // is fast alone.
  private boolean separates(FusedValue n, FusionGroup k) {
    if (!options.productsAlone()) {
      return false;
    }
    return isChain(n)
        ? k.members.stream().anyMatch(m -> m.kind == AccessMaps.Kind.MAP && !m.epilogue)
        : n.kind == AccessMaps.Kind.MAP
            && k.members.stream().allMatch(m -> isChain(m) || m.epilogue);
  }

  private static boolean isChain(FusedValue n) {
    return n.kind == AccessMaps.Kind.FOLD
        && n.equation().op() instanceof Dot
        && FoldLanes.of(n.equation()) == 1;
  }

  private boolean tried(
      FusedValue n,
      List<Integer> dims,
      AffineIndex at,
      FusionGroup k,
      AffineIndex there,
      Set<FusionGroup> tried) {
    if (k.isOpaque() || k.weight + n.weight > options.nestWeight() || tried.size() > 8) {
      return false;
    }
    int[] axisOf = Alignment.align(dims, at, k, there);
    return axisOf != null && tried.add(k) && joined(n, k, axisOf);
  }

  // A fold over nearly everything leaves too little parallelism.
  private boolean isSerial(FusionGroup k, boolean[] folds) {
    long points = 1;
    long kept = 1;
    for (int a = 0; a < folds.length; a++) {
      points *= k.length[a];
      kept *= folds[a] ? 1 : k.length[a];
    }
    return kept < options.parallelResults() && points > options.serialPoints();
  }

  private boolean joined(FusedValue n, FusionGroup k, int[] axisOf) {
    int rank = n.value.type().rank();
    boolean[] folds = new boolean[k.length.length];
    int covered = 0;
    int onReduced = 0;
    for (int d = 0; d < axisOf.length; d++) {
      if (axisOf[d] >= 0) {
        covered++;
        folds[axisOf[d]] = d >= rank;
        onReduced += k.reduce[axisOf[d]] ? 1 : 0;
      }
    }
    boolean whole = covered == k.length.length;
    boolean kept = covered == k.length.length - k.reductions() && onReduced == 0;
    boolean epilogue = false;
    if (n.kind == AccessMaps.Kind.FOLD) {
      boolean same = k.reductions() == 0 || java.util.Arrays.equals(folds, k.reduce);
      if (!whole || !same || (k.reductions() == 0 && isSerial(k, folds))) {
        return false;
      }
    } else if (!whole) {
      if (!kept) {
        return false;
      }
      epilogue = true;
    }
    List<Leaf> leaves = leaves(n, axisOf, k.length.length);
    Set<FusionGroup> sources = new HashSet<>();
    for (Leaf l : leaves) {
      FusedValue from = fused.get(l.value());
      if (from == null) {
        continue;
      }
      if (from.group() != k) {
        sources.add(from.group());
      } else if (!from.point().equals(l.at())
          || epilogue != (from.epilogue || from.kind == AccessMaps.Kind.FOLD)) {
        return false;
      }
    }
    if (!schedule.runAfter(k, sources)) {
      return false;
    }
    if (n.kind == AccessMaps.Kind.FOLD) {
      System.arraycopy(folds, 0, k.reduce, 0, folds.length);
    }
    n.epilogue = epilogue;
    place(n, k, axisOf);
    settle(n, k, leaves);
    return true;
  }

  // Results that are not fused values are copied.
  private void results() {
    for (Value v : graph.outs()) {
      FusedValue n = fused.get(v);
      if (n == null) {
        n = new FusedValue(v, null, AccessMaps.Kind.MAP, 1);
        List<Integer> dims = Alignment.dims(n);
        int[] natural = Alignment.natural(dims);
        alone(n, dims, natural, leaves(n, natural, Alignment.axes(natural)));
      }
      results.add(n);
    }
  }

  /**
   * True when result {@code i} may overwrite the memory of {@code param}: nothing reads the
   * parameter afterwards, and the group that writes reads it at the same points.
   */
  public boolean inPlace(int i, Value param) {
    Value v = graph.outs().get(i);
    if (v.equals(param)) {
      return true;
    }
    return readers.allowOverwriting(param, v, results.get(i));
  }

  /** True when only the operand {@code slot} of {@code last} reads {@code v} so late. */
  public boolean diesIn(Value v, FusionGroup last, int slot) {
    return readers.end(v, last, slot);
  }
}
