package dev.engram.lower;

import dev.engram.ir.Barrier;
import dev.engram.ir.Check;
import dev.engram.ir.Control;
import dev.engram.ir.Custom;
import dev.engram.ir.Eqn;
import dev.engram.ir.Index;
import dev.engram.ir.Lit;
import dev.engram.ir.Move;
import dev.engram.ir.Notify;
import dev.engram.ir.Param;
import dev.engram.ir.Reduce;
import dev.engram.ir.Shape;
import dev.engram.ir.Source;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Gives the values of one block their memory and writes its kernels as nests. */
final class BlockEmitter {
  private final Block block;
  private final Target target;

  /** Where a value is read from. */
  private final Map<Value, View> views = new HashMap<>();

  private final Map<Value, Lit> literals = new HashMap<>();

  /** Where a value is to be written, the place it is read from first. */
  private final Map<Value, List<View>> homes = new HashMap<>();

  private final Map<Node, List<View>> copies = new HashMap<>();

  /** Copies made because no view of the operand's memory could say a move. */
  private final Map<Value, View> copied = new HashMap<>();

  private final Map<Node, LoopPlan> loops = new HashMap<>();

  BlockEmitter(Block block, Target target) {
    this.block = block;
    this.target = target;
  }

  int depth() {
    return target.depth();
  }

  void add(Step s) {
    target.add(s);
  }

  /** {@code param} is found there. */
  void bind(Param param, View view) {
    views.put(param.var(), view);
  }

  void bind(Param param, Lit lit) {
    literals.put(param.var(), lit);
  }

  /** Result {@code i} is to be written there, too. */
  void deliver(int i, View to) {
    Node n = block.results.get(i);
    if (n.eqn == null) {
      copies.computeIfAbsent(n, _ -> new ArrayList<>()).add(to);
    } else {
      home(block.graph.outs().get(i)).add(to);
    }
  }

  private List<View> home(Value v) {
    return homes.computeIfAbsent(v, _ -> new ArrayList<>());
  }

  @Nullable Lit literal(Value v) {
    return v instanceof Lit lit ? lit : literals.get(v);
  }

  /** Where {@code v} itself is kept. */
  @Nullable View stored(Value v) {
    return views.get(v);
  }

  Eqn defining(Value v) {
    return Objects.requireNonNull(block.defining(v), () -> "a value without a place: " + v);
  }

  // Places first, readers before what they read, so that a producer can write where it is wanted.
  void emit() {
    List<Kernel> order = block.schedule.order();
    for (Kernel k : order.reversed()) {
      k.nodes.reversed().forEach(this::place);
    }
    for (Kernel k : order) {
      if (k.isOpaque()) {
        new OpaqueEmitter(this).emit(k.nodes.getFirst());
      } else {
        nest(k);
      }
    }
  }

  private void place(Node n) {
    if (n.kind != Reads.Kind.OPAQUE) {
      if (n.eqn != null && (n.external || homes.containsKey(n.value))) {
        settle(n.value);
      }
      return;
    }
    Eqn e = n.equation();
    switch (e.op()) {
      case Source.Const c ->
          views.put(n.value, View.dense(target.constant(c.value()), c.value().type().shape()));
      case Move.Concat c -> {
        View to = settle(n.value);
        long at = 0;
        for (Value v : e.inputs()) {
          region(v, along(to, c.axis(), at));
          at += v.type().shape().dim(c.axis());
        }
      }
      case Move.Pad p -> {
        View to = settle(n.value);
        if (p.interior().stream().allMatch(i -> i == 0)) {
          region(e.in(0), middle(to, p));
        }
      }
      case Control.Scan s -> loops.put(n, LoopPlan.plan(this, n, e, s));
      case Control.While w -> loops.put(n, LoopPlan.plan(this, n, e, w));
      case Check _ -> {
        if (alias(e) == null) {
          settle(n.value);
        }
      }
      case Control _, Index _, Source _, Move _, Notify _ -> e.outputs().forEach(this::settle);
      case Custom c when c instanceof Barrier -> {
        if (alias(e) == null) {
          settle(n.value);
        }
      }
      case Custom _,
          dev.engram.ir.Elementwise _,
          dev.engram.ir.Cast _,
          Reduce _,
          dev.engram.ir.Dot _ ->
          throw new IllegalStateException(e.op().mnemonic());
    }
  }

  /** The place that {@code v} is written to and read from. */
  View settle(Value v) {
    List<View> all = home(v);
    if (all.isEmpty()) {
      all.add(target.allocate(v.type()));
    }
    views.put(v, all.getFirst());
    return all.getFirst();
  }

  /** Places wanted for {@code v} so far. */
  List<View> wanted(Value v) {
    return homes.getOrDefault(v, List.of());
  }

  View allocate(TensorType type) {
    return target.allocate(type);
  }

  void want(Value v, View at) {
    home(v).add(at);
  }

  void read(Value v, View at) {
    views.put(v, at);
  }

  LoopPlan loop(Node n) {
    return Objects.requireNonNull(loops.get(n));
  }

  Block block() {
    return block;
  }

  Target target() {
    return target;
  }

  static boolean isRegional(@Nullable Node n) {
    return n != null && !(n.eqn != null && n.eqn.op() instanceof Source.Const);
  }

  private void region(Value v, View to) {
    if (isRegional(block.node(v))) {
      home(v).add(to);
    }
  }

  static View along(View to, int axis, long at) {
    long[] start = new long[to.stride().size()];
    start[axis] = at;
    return to.window(start, ones(start.length));
  }

  static View middle(View to, Move.Pad p) {
    return to.window(Reads.longs(p.low()), ones(p.low().size()));
  }

  static long[] ones(int n) {
    long[] one = new long[n];
    Arrays.fill(one, 1);
    return one;
  }

  private void nest(Kernel k) {
    NestBuilder b = new NestBuilder(this, k.length, k.reduce);
    List<Node> body = k.nodes.stream().filter(n -> !n.epilogue).toList();
    List<Integer> ids = body.stream().map(b::node).toList();
    for (int i = 0; i < ids.size(); i++) {
      if (body.get(i).kind != Reads.Kind.FOLD) {
        write(b, body.get(i), ids.get(i));
      }
    }
    if (k.reductions() > 0) {
      b.foldsDone();
      List<Node> after = k.nodes.stream().filter(n -> n.epilogue).toList();
      List<Integer> more = after.stream().map(b::node).toList();
      for (int i = 0; i < ids.size(); i++) {
        if (body.get(i).kind == Reads.Kind.FOLD) {
          write(b, body.get(i), ids.get(i));
        }
      }
      for (int i = 0; i < more.size(); i++) {
        write(b, after.get(i), more.get(i));
      }
    }
    b.finish(where(k));
  }

  private static Where where(Kernel k) {
    Where line = Where.UNKNOWN;
    for (Node n : k.nodes) {
      if (n.eqn != null && (!line.isKnown() || n.kind == Reads.Kind.FOLD)) {
        line = n.eqn.where();
      }
    }
    return line;
  }

  private void write(NestBuilder b, Node n, int id) {
    List<View> to =
        n.eqn == null ? copies.getOrDefault(n, List.of()) : homes.getOrDefault(n.value, List.of());
    for (View v : to) {
      if (n.eqn != null || !v.equals(views.get(n.value))) {
        b.store(n.value.type().dtype(), v, n.point(), id);
      }
    }
  }

  /** A nest over a whole tensor. */
  NestBuilder over(Shape shape) {
    return new NestBuilder(this, dims(shape), new boolean[dims(shape).length]);
  }

  private static int[] dims(Shape shape) {
    return Arrays.stream(shape.toArray()).filter(d -> d != 1).toArray();
  }

  /** The point of a tensor of this shape in the nest {@link #over} it. */
  static Point whole(Shape shape) {
    int[] axisOf = new int[shape.rank()];
    int n = 0;
    for (int d = 0; d < axisOf.length; d++) {
      axisOf[d] = shape.dim(d) == 1 ? -1 : n++;
    }
    return Point.along(axisOf, n);
  }

  /** A nest that copies {@code v}, unless it is there already. */
  void copy(Value v, View to, Where where) {
    if (to.equals(views.get(v))) {
      return;
    }
    NestBuilder b = over(v.type().shape());
    Point p = whole(v.type().shape());
    b.store(v.type().dtype(), to, p, b.value(v, p));
    b.finish(where);
  }

  /** A nest that copies from one place to another. */
  void copy(TensorType type, View from, View to, Where where) {
    if (!from.equals(to)) {
      NestBuilder b = over(type.shape());
      Point p = whole(type.shape());
      b.store(type.dtype(), to, p, b.load(type.dtype(), from, p));
      b.finish(where);
    }
  }

  // A check or a barrier gives its operand back: no copy where the operand is in memory to stay.
  @Nullable View alias(Eqn e) {
    Value x = e.in(0);
    while (block.node(x) == null && block.defining(x) instanceof Eqn d) {
      if (!(d.op() instanceof Move)) {
        return null;
      }
      x = d.in(0);
    }
    return block.node(x) == null && views.get(x) != null && !block.isCarried(x)
        ? view(e.in(0))
        : null;
  }

  /** Binds a parameter of an inner block to a value of this one. */
  void pass(BlockEmitter in, Param p, Value v) {
    Lit lit = literal(v);
    if (lit != null) {
      in.bind(p, lit);
    } else {
      in.bind(p, located(v));
    }
  }

  /** Memory that holds {@code v}: its own, a view, or a copy made now. */
  View located(Value v) {
    View view = view(v);
    if (view == null) {
      Eqn e = block.defining(v);
      view = e != null && e.op() instanceof Move ? through(e) : materialize(v);
      views.put(v, view);
    }
    return view;
  }

  /** The memory of a move's operand, seen as its result; a copy is made where that cannot be. */
  View through(Eqn e) {
    View view = moved(e);
    if (view == null) {
      view = copied.get(e.out());
    }
    if (view == null) {
      view = copiedThrough(e);
      copied.put(e.out(), view);
    }
    return view;
  }

  private View copiedThrough(Eqn e) {
    if (e.op() instanceof Move.Reshape r) {
      Value x = e.in(0);
      View dense = target.allocate(x.type());
      copy(x, dense, e.where());
      return Objects.requireNonNull(dense.reshape(x.type().shape(), r.shape()));
    }
    return materialize(e.out());
  }

  private View materialize(Value v) {
    View to = target.allocate(v.type());
    Eqn e = block.defining(v);
    copy(v, to, e == null ? Where.UNKNOWN : e.where());
    return to;
  }

  private @Nullable View view(Value v) {
    View own = views.get(v);
    Eqn e = block.defining(v);
    return own != null || e == null || block.node(v) != null ? own : moved(e);
  }

  private @Nullable View moved(Eqn e) {
    if (!(e.op() instanceof Move m) || !(view(e.in(0)) instanceof View x)) {
      return null;
    }
    Shape shape = e.in(0).type().shape();
    return switch (m) {
      case Move.Reshape r -> x.reshape(shape, r.shape());
      case Move.Transpose t -> x.pick(t.perm().stream().mapToInt(Integer::intValue).toArray());
      case Move.Broadcast b ->
          x.pick(IntStream.range(0, b.shape().rank()).map(b.axes()::indexOf).toArray());
      case Move.Slice s -> x.window(Reads.longs(s.start()), Reads.longs(s.stride()));
      case Move.Reverse r -> x.window(Reads.mirror(r, shape), Reads.signs(r, shape));
      case Move.Shear s -> x.shear(s.axis(), s.by(), s.step(), s.start(shape.dim(s.by())));
      case Move.Pad _, Move.Concat _ -> null;
    };
  }
}
