package dev.engram.lower;

import dev.engram.ir.Control;
import dev.engram.ir.DType;
import dev.engram.ir.Dot;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Index;
import dev.engram.ir.Lit;
import dev.engram.ir.Move;
import dev.engram.ir.Param;
import dev.engram.ir.Source;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One graph, its equations grouped into kernels: which values get a node of their own, which nodes
 * share a nest, and the order of the nests. Memory is decided later.
 */
final class Block {
  /** More equations than this at one point are split over nests. */
  private static final int WEIGHT = 96;

  private static final int INLINE_WEIGHT = 32;

  /** Readers of one value that are tried as company. */
  private static final int NEIGHBOURS = 4;

  /** Points that a fold without parallel axes may pull into its nest. */
  private static final long SERIAL = 1 << 15;

  // Stands for the result of an equation without results.
  private static final Lit NOTHING = Lit.zero(TensorType.scalar(DType.BOOL));

  final Graph graph;
  final Schedule schedule = new Schedule();

  /** One for each result of the graph; several results may share one. */
  final List<Node> results = new ArrayList<>();

  private final Map<Value, Eqn> defining = new HashMap<>();
  private final Map<Value, Node> nodes = new HashMap<>();
  private final Map<Value, List<MemoryRead>> reads = new HashMap<>();
  private final Set<Value> params = new HashSet<>();
  private final Map<Value, Integer> uses = new HashMap<>();
  private final Set<Value> repeated = new HashSet<>();
  private final Map<Value, Integer> weights = new HashMap<>();
  private final Set<Value> stored = new HashSet<>();
  private final Set<Value> carried = new HashSet<>();
  private final boolean fuse;

  /** Inner graphs of scans and conds, grouped. */
  private final Map<Graph, Block> inner = new HashMap<>();

  /**
   * A kernel's read of a parameter or a node.
   *
   * @param at null when it is read from memory at any position
   * @param slot the operand of an opaque kernel that the value is, or -1
   */
  private record MemoryRead(Kernel kernel, @Nullable Point at, int slot) {}

  Block(Graph graph, boolean fuse) {
    this.graph = graph;
    this.fuse = fuse;
    for (Param p : graph.params()) {
      params.add(p.var());
    }
    for (Eqn e : graph.eqns()) {
      e.outputs().forEach(v -> defining.put(v, e));
    }
    demand();
    for (Eqn e : graph.eqns()) {
      group(e);
    }
    results();
  }

  @Nullable Node node(Value v) {
    return nodes.get(v);
  }

  @Nullable Eqn defining(Value v) {
    return defining.get(v);
  }

  /** True for a parameter that the loop around changes. */
  boolean isCarried(Value v) {
    return carried.contains(v);
  }

  Block inner(Control.Scan s) {
    Block b = inner(s.body());
    for (Param p : s.body().params().subList(s.consts(), s.consts() + s.carry())) {
      b.carried.add(p.var());
    }
    return b;
  }

  Block inner(Graph g) {
    return inner.computeIfAbsent(g, x -> new Block(x, fuse));
  }

  // Which values are read more than once, at repeated points, or from memory; readers first.
  private void demand() {
    graph.outs().forEach(this::store);
    for (Eqn e : graph.eqns().reversed()) {
      Value out = first(e);
      if (e.op() instanceof Packed) {
        store(out);
      }
      boolean passes = Reads.kind(e) == Reads.Kind.FREE && !stored.contains(out);
      int readers = passes ? Math.max(1, uses.getOrDefault(out, 0)) : 1;
      for (int i = 0; i < e.inputs().size(); i++) {
        Value v = e.in(i);
        uses.merge(v, readers, Integer::sum);
        if ((passes && repeated.contains(out)) || repeats(e, v)) {
          repeated.add(v);
        }
        if (memory(e, i)) {
          store(v);
        }
      }
      if (e.op() instanceof Move.Reshape
          && Point.at(0, new long[out.type().rank()])
                  .unreshape(out.type().shape(), e.in(0).type().shape())
              == null) {
        store(e.in(0));
      }
    }
  }

  private static Value first(Eqn e) {
    return e.outputs().isEmpty() ? NOTHING : e.outputs().getFirst();
  }

  private void store(Value v) {
    stored.add(v);
  }

  private static boolean repeats(Eqn e, Value v) {
    return switch (Reads.kind(e)) {
      case FREE -> e.op() instanceof Move.Broadcast && e.out().type().size() > v.type().size();
      case MAP ->
          e.op() instanceof Dot
              ? e.out().type().size() > v.type().size() || Reads.folded(e).size() > 1
              : (e.op() instanceof Index || e.op() instanceof Source)
                  && e.out().type().size() > v.type().size();
      case FOLD -> e.out().type().size() * Reads.folded(e).size() > v.type().size();
      case OPAQUE -> e.op() instanceof Index;
    };
  }

  /** True when operand {@code i} must be in memory, or in a view of memory. */
  private boolean memory(Eqn e, int i) {
    Value v = e.in(i);
    return switch (e.op()) {
      case Index.Gather _, Index.DynamicSlice _ -> i == 0 && !isView(v);
      case Index.Scatter _, Index.DynamicUpdate _ -> i == 0 && !isView(v);
      case Move.Concat _ -> true;
      case Move.Pad p -> i == 0 && p.interior().stream().allMatch(k -> k == 0);
      case Control _ -> !isView(v) || strided(v);
      case dev.engram.ir.Elementwise _,
          dev.engram.ir.Cast _,
          dev.engram.ir.Reduce _,
          Dot _,
          Move _,
          Source _,
          dev.engram.ir.Check _,
          dev.engram.ir.Custom _ ->
          false;
    };
  }

  // A chain of moves down to something in memory.
  private boolean isView(Value v) {
    Eqn e = defining.get(v);
    if (e == null || stored.contains(v)) {
      return true;
    }
    return switch (Reads.kind(e)) {
      case FREE -> e.op() instanceof Move && isView(e.in(0));
      case MAP -> false;
      case FOLD, OPAQUE -> true;
    };
  }

  // Loops run long over what comes in: let the last axis stay the one with neighbours.
  private boolean strided(Value v) {
    Eqn e = defining.get(v);
    if (e == null || stored.contains(v) || Reads.kind(e) != Reads.Kind.FREE) {
      return false;
    }
    boolean turns =
        e.op() instanceof Move.Transpose t
            && t.perm().size() > 1
            && t.perm().getLast() != t.perm().size() - 1
            && e.out().type().size() > 1;
    return turns || e.inputs().stream().anyMatch(this::strided);
  }

  private void group(Eqn e) {
    Reads.Kind kind = Reads.kind(e);
    switch (kind) {
      case OPAQUE -> opaque(e);
      case FOLD -> mapped(new Node(e.out(), e, kind, 1 + operandWeight(e)));
      case FREE, MAP -> {
        if (e.op() instanceof Dot && Reads.folded(e).size() > 1 && joinedAsFold(e)) {
          return;
        }
        int weight = operandWeight(e) + (kind == Reads.Kind.FREE ? 0 : 1);
        boolean shared =
            kind == Reads.Kind.MAP
                && (uses.getOrDefault(e.out(), 0) > 1 || repeated.contains(e.out()) || !fuse);
        if (stored.contains(e.out()) || shared || weight > INLINE_WEIGHT) {
          mapped(new Node(e.out(), e, Reads.Kind.MAP, Math.max(1, weight)));
        } else {
          weights.put(e.out(), weight);
        }
      }
    }
  }

  // A short contraction is written out unless it can fold along with what it reads.
  private boolean joinedAsFold(Eqn e) {
    Node n = new Node(e.out(), e, Reads.Kind.FOLD, 1 + operandWeight(e));
    List<Integer> dims = dims(n);
    int[] natural = natural(dims);
    boolean done = fuse && join(n, dims, leaves(n, natural, axes(natural))) != null;
    if (done) {
      nodes.put(n.value, n);
    }
    return done;
  }

  private int operandWeight(Eqn e) {
    int terms =
        e.op() instanceof Dot && Reads.kind(e) == Reads.Kind.MAP ? (int) Reads.folded(e).size() : 1;
    int w = 0;
    for (Value v : e.inputs()) {
      w += terms * weights.getOrDefault(v, 0);
    }
    return w + terms - 1;
  }

  private void opaque(Eqn e) {
    Kernel k = new Kernel(new int[0], new boolean[0]);
    Node n = new Node(first(e), e, Reads.Kind.OPAQUE, 1);
    n.place(k, Point.at(0), Point.at(0));
    k.nodes.add(n);
    e.outputs().forEach(v -> nodes.put(v, n));
    for (int i = 0; i < e.inputs().size(); i++) {
      fromMemory(k, e.in(i), i);
    }
    schedule.append(k);
  }

  // An operand of an opaque kernel: it depends on everything down to the nodes.
  private void fromMemory(Kernel k, Value v, int slot) {
    if (v instanceof Lit) {
      return;
    }
    Node n = nodes.get(v);
    if (n != null) {
      n.external = true;
      k.reads(n.kernel());
      read(v, new MemoryRead(k, null, slot));
    } else if (params.contains(v)) {
      read(v, new MemoryRead(k, null, slot));
    } else {
      for (Value u : java.util.Objects.requireNonNull(defining.get(v)).inputs()) {
        fromMemory(k, u, -1);
      }
    }
  }

  private void read(Value v, MemoryRead r) {
    reads.computeIfAbsent(v, _ -> new ArrayList<>()).add(r);
  }

  /** A read of a node or a parameter. */
  private record Leaf(Value value, @Nullable Point at) {}

  private void mapped(Node n) {
    List<Integer> dims = dims(n);
    int[] natural = natural(dims);
    List<Leaf> leaves = leaves(n, natural, axes(natural));
    boolean apart = !fuse || (n.eqn != null && n.eqn.op() instanceof Packed);
    if (apart || join(n, dims, leaves) == null) {
      alone(n, dims, natural, leaves);
    }
    nodes.put(n.value, n);
  }

  private void alone(Node n, List<Integer> dims, int[] natural, List<Leaf> leaves) {
    int[] length = new int[axes(natural)];
    boolean[] reduce = new boolean[length.length];
    for (int d = 0; d < natural.length; d++) {
      if (natural[d] >= 0) {
        length[natural[d]] = dims.get(d);
        reduce[natural[d]] = d >= n.value.type().rank();
      }
    }
    Kernel k = new Kernel(length, reduce);
    place(n, k, natural);
    schedule.append(k);
    settle(n, k, leaves);
  }

  /** Lengths of the result's axes, then of the folded ones. */
  private static List<Integer> dims(Node n) {
    List<Integer> dims = new ArrayList<>(n.value.type().shape().dims());
    dims.addAll(n.kind == Reads.Kind.FOLD ? Reads.folded(n.equation()).dims() : List.of());
    return dims;
  }

  /** A nest axis for every axis longer than 1. */
  private static int[] natural(List<Integer> dims) {
    int[] axisOf = new int[dims.size()];
    int n = 0;
    for (int d = 0; d < axisOf.length; d++) {
      axisOf[d] = dims.get(d) == 1 ? -1 : n++;
    }
    return axisOf;
  }

  private static int axes(int[] axisOf) {
    return (int) java.util.Arrays.stream(axisOf).filter(a -> a >= 0).count();
  }

  private static void place(Node n, Kernel k, int[] axisOf) {
    int rank = n.value.type().rank();
    Point all = Point.along(axisOf, k.length.length);
    int[] kept = java.util.stream.IntStream.range(0, rank).toArray();
    int[] folded = java.util.stream.IntStream.range(rank, axisOf.length).toArray();
    n.place(k, all.pick(kept), all.pick(folded));
  }

  private void settle(Node n, Kernel k, List<Leaf> leaves) {
    k.nodes.add(n);
    k.weight += n.weight;
    for (Leaf l : leaves) {
      Node from = nodes.get(l.value());
      if (from != null && from.kernel() != k) {
        from.external = true;
        k.reads(from.kernel());
      }
      read(l.value(), new MemoryRead(k, l.at(), -1));
    }
  }

  private List<Leaf> leaves(Node n, int[] axisOf, int space) {
    int rank = n.value.type().rank();
    Point all = Point.along(axisOf, space);
    Point kept = all.pick(java.util.stream.IntStream.range(0, rank).toArray());
    List<Leaf> out = new ArrayList<>();
    if (n.eqn == null) {
      leaf(n.value, kept, out);
    } else {
      Point folded = all.pick(java.util.stream.IntStream.range(rank, axisOf.length).toArray());
      List<Reads.Read> reads =
          n.kind == Reads.Kind.FOLD ? Reads.folding(n.eqn, kept, folded) : Reads.of(n.eqn, kept);
      reads.forEach(r -> leaf(r.value(), r.at(), out));
    }
    return out;
  }

  private void leaf(Value v, @Nullable Point at, List<Leaf> out) {
    if (v instanceof Lit) {
      return;
    }
    Eqn e = defining.get(v);
    if (e == null || nodes.containsKey(v)) {
      out.add(new Leaf(v, at));
    } else if (at == null) {
      e.inputs().forEach(u -> leaf(u, null, out));
    } else {
      Reads.of(e, at).forEach(r -> leaf(r.value(), r.at(), out));
    }
  }

  private @Nullable Kernel join(Node n, List<Integer> dims, List<Leaf> leaves) {
    Set<Kernel> tried = new HashSet<>();
    for (Leaf l : leaves.reversed()) {
      Node from = nodes.get(l.value());
      if (from != null && l.at() != null) {
        if (tried(n, dims, l.at(), from.kernel(), from.point(), tried)) {
          return from.kernel();
        }
      }
    }
    // Beside a kernel that reads the same elements at the same points.
    for (Leaf l : leaves) {
      List<MemoryRead> others = reads.getOrDefault(l.value(), List.of());
      int recent = Math.max(0, others.size() - NEIGHBOURS);
      for (MemoryRead r : others.subList(recent, others.size()).reversed()) {
        if (l.at() != null && r.at() != null && tried(n, dims, l.at(), r.kernel(), r.at(), tried)) {
          return r.kernel();
        }
      }
    }
    return null;
  }

  private boolean tried(
      Node n, List<Integer> dims, Point at, Kernel k, Point there, Set<Kernel> tried) {
    if (k.isOpaque() || k.weight + n.weight > WEIGHT || tried.size() > 8) {
      return false;
    }
    int[] axisOf = align(dims, at, k, there);
    return axisOf != null && tried.add(k) && joined(n, k, axisOf);
  }

  // Nest axes for these axes, such that reading at one point means reading at the other.
  private static int @Nullable [] align(List<Integer> dims, Point at, Kernel k, Point there) {
    int[] axisOf = new int[dims.size()];
    java.util.Arrays.fill(axisOf, -1);
    int[] real = new int[dims.size()];
    int count = 0;
    for (int d = 0; d < real.length; d++) {
      real[count] = d;
      count += dims.get(d) == 1 ? 0 : 1;
    }
    for (int j = 0; j < at.rank(); j++) {
      int axis = axis(there.strides(j));
      int mine = axis(at.strides(j));
      if (axis == -1 && mine == -1 && at.offset(j) == there.offset(j)) {
        continue;
      }
      boolean unit = axis >= 0 && there.strides(j)[axis] == 1 && there.offset(j) == 0;
      if (!unit || mine < 0 || at.offset(j) != 0 || at.strides(j)[mine] != 1) {
        return null;
      }
      int d = real[mine];
      if (axisOf[d] >= 0 || dims.get(d) != k.length[axis]) {
        return null;
      }
      axisOf[d] = axis;
    }
    for (int i = 0; i < count; i++) {
      if (axisOf[real[i]] < 0) {
        return null;
      }
    }
    return axisOf;
  }

  // The only axis with a stride; -1 when there is none, -2 when there are several.
  private static int axis(long[] strides) {
    int found = -1;
    for (int a = 0; a < strides.length; a++) {
      if (strides[a] != 0) {
        if (found >= 0) {
          return -2;
        }
        found = a;
      }
    }
    return found;
  }

  // A fold over nearly everything leaves too little to run side by side.
  private static boolean isSerial(Kernel k, boolean[] folds) {
    long points = 1;
    long kept = 1;
    for (int a = 0; a < folds.length; a++) {
      points *= k.length[a];
      kept *= folds[a] ? 1 : k.length[a];
    }
    return kept < 64 && points > SERIAL;
  }

  private boolean joined(Node n, Kernel k, int[] axisOf) {
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
    if (n.kind == Reads.Kind.FOLD) {
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
    Set<Kernel> sources = new HashSet<>();
    for (Leaf l : leaves) {
      Node from = nodes.get(l.value());
      if (from == null) {
        continue;
      }
      if (from.kernel() != k) {
        sources.add(from.kernel());
      } else if (!from.point().equals(l.at())
          || epilogue != (from.epilogue || from.kind == Reads.Kind.FOLD)) {
        return false;
      }
    }
    if (!schedule.runAfter(k, sources)) {
      return false;
    }
    if (n.kind == Reads.Kind.FOLD) {
      System.arraycopy(folds, 0, k.reduce, 0, folds.length);
    }
    n.epilogue = epilogue;
    place(n, k, axisOf);
    settle(n, k, leaves);
    return true;
  }

  /** True when only the operand {@code slot} of {@code last} reads {@code v} so late. */
  boolean diesIn(Value v, Kernel last, int slot) {
    return reads.getOrDefault(v, List.of()).stream()
        .allMatch(r -> r.kernel() == last ? r.slot() == slot : Schedule.before(r.kernel(), last));
  }

  // Results that are no node's get a copy.
  private void results() {
    for (Value v : graph.outs()) {
      Node n = nodes.get(v);
      if (n == null) {
        n = new Node(v, null, Reads.Kind.MAP, 1);
        List<Integer> dims = dims(n);
        int[] natural = natural(dims);
        alone(n, dims, natural, leaves(n, natural, axes(natural)));
      }
      results.add(n);
    }
  }

  /**
   * True when result {@code i} may be written over the memory that holds {@code param}: nothing
   * reads the parameter afterwards, and the kernel that writes reads it at the same points.
   */
  boolean inPlace(int i, Value param) {
    Value v = graph.outs().get(i);
    if (v.equals(param)) {
      return true;
    }
    Node n = results.get(i);
    Kernel writer = n.kernel();
    for (MemoryRead r : reads.getOrDefault(param, List.of())) {
      if (r.kernel() == writer) {
        if (writer.isOpaque() ? !passesThrough(n, v, param, r) : !n.point().equals(r.at())) {
          return false;
        }
      } else if (Schedule.before(writer, r.kernel())) {
        return false;
      }
    }
    return !writer.isOpaque() || updates(n);
  }

  private static boolean updates(Node n) {
    return switch (n.equation().op()) {
      case Index.Scatter _, Index.DynamicUpdate _ -> true;
      case Control.Scan _ -> true;
      case dev.engram.ir.Elementwise _,
          dev.engram.ir.Cast _,
          dev.engram.ir.Reduce _,
          Dot _,
          Move _,
          Index _,
          Source _,
          dev.engram.ir.Check _,
          Control _,
          dev.engram.ir.Custom _ ->
          false;
    };
  }

  // The operand that an update, or the carry that a scan, starts from.
  private boolean passesThrough(Node n, Value v, Value param, MemoryRead r) {
    Eqn e = n.equation();
    int start =
        e.op() instanceof Control.Scan s
            ? (e.outputs().indexOf(v) < s.carry() ? s.consts() + e.outputs().indexOf(v) : -1)
            : 0;
    return r.slot() == start && e.inputs().stream().filter(param::equals).count() == 1;
  }
}
