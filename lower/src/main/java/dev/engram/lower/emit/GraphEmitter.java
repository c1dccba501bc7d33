package dev.engram.lower.emit;

import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.lower.Stmt;
import dev.engram.lower.fuse.AccessMaps;
import dev.engram.lower.fuse.AffineIndex;
import dev.engram.lower.fuse.FusedValue;
import dev.engram.lower.fuse.FusionGroup;
import dev.engram.lower.fuse.FusionPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Gives the values of one graph their memory and writes its groups as nests. */
public final class GraphEmitter {
  private final FusionPlan plan;
  private final LoopProgramBuilder target;

  /** Where a value is read from. */
  private final Map<Value, StridedView> views = new HashMap<>();

  private final Map<Value, Lit> literals = new HashMap<>();

  /** Where a value is to be written, the place it is read from first. */
  private final Map<Value, List<StridedView>> homes = new HashMap<>();

  private final Map<FusedValue, List<StridedView>> copies = new HashMap<>();

  /** Copies made because no view of the operand's memory could say a move. */
  private final Map<Value, StridedView> copied = new HashMap<>();

  private final Map<FusedValue, CarryPlan> loops = new HashMap<>();

  /** The line of the loop or branch around; unknown where there is none. */
  private final SourceLocation around;

  public GraphEmitter(FusionPlan plan, LoopProgramBuilder target) {
    this(plan, target, SourceLocation.UNKNOWN);
  }

  private GraphEmitter(FusionPlan plan, LoopProgramBuilder target, SourceLocation around) {
    this.plan = plan;
    this.target = target;
    this.around = around;
  }

  /** For a graph of {@code e}, whose line is that of what has none in there. */
  GraphEmitter inside(Eqn e, FusionPlan body) {
    return new GraphEmitter(body, target, e.where().isKnown() ? e.where() : around);
  }

  int depth() {
    return target.depth();
  }

  void add(Stmt s) {
    target.add(s);
  }

  /** {@code param} is found there. */
  public void bind(Param param, StridedView view) {
    views.put(param.var(), view);
  }

  void bind(Param param, Lit lit) {
    literals.put(param.var(), lit);
  }

  /** Result {@code i} is to be written there, too. */
  public void deliver(int i, StridedView to) {
    FusedValue n = plan.results.get(i);
    if (n.eqn == null) {
      copies.computeIfAbsent(n, _ -> new ArrayList<>()).add(to);
    } else {
      home(plan.graph.outs().get(i)).add(to);
    }
  }

  private List<StridedView> home(Value v) {
    return homes.computeIfAbsent(v, _ -> new ArrayList<>());
  }

  @Nullable Lit literal(Value v) {
    return v instanceof Lit lit ? lit : literals.get(v);
  }

  /** Where {@code v} itself is kept. */
  @Nullable StridedView stored(Value v) {
    return views.get(v);
  }

  Eqn defining(Value v) {
    return Objects.requireNonNull(plan.defining(v), () -> "a value without a place: " + v);
  }

  // Places first, readers before what they read, so that a producer can write where it is wanted.
  public void emit() {
    List<FusionGroup> order = plan.schedule.order();
    for (FusionGroup k : order.reversed()) {
      k.members.reversed().forEach(this::place);
    }
    for (FusionGroup k : order) {
      if (k.isOpaque()) {
        new OpaqueEmitter(this).emit(k.members.getFirst());
      } else {
        nest(k);
      }
    }
  }

  private void place(FusedValue n) {
    if (n.kind != AccessMaps.Kind.OPAQUE) {
      if (n.eqn != null && (n.external || homes.containsKey(n.value))) {
        settle(n.value);
      }
      return;
    }
    Eqn e = n.equation();
    switch (e.op()) {
      case Source.Const c ->
          views.put(
              n.value, StridedView.dense(target.constant(c.value()), c.value().type().shape()));
      case Move.Concat c -> {
        StridedView to = settle(n.value);
        long at = 0;
        for (Value v : e.inputs()) {
          region(v, along(to, c.axis(), at));
          at += v.type().shape().dim(c.axis());
        }
      }
      case Move.Pad p -> {
        StridedView to = settle(n.value);
        if (p.interior().stream().allMatch(i -> i == 0)) {
          region(e.in(0), middle(to, p));
        }
      }
      case Control.Scan s -> loops.put(n, CarryPlan.plan(this, n, e, s));
      case Control.While w -> loops.put(n, CarryPlan.plan(this, n, e, w));
      case Op _ when AccessMaps.givesBack(e) -> {
        if (alias(e) == null) {
          settle(n.value);
        }
      }
      case Control _, Index _, Source _, Move _, HostEffect _ -> e.outputs().forEach(this::settle);
      case Check _,
          Custom _,
          dev.engram.ir.op.Elementwise _,
          dev.engram.ir.op.Cast _,
          Reduce _,
          dev.engram.ir.op.Dot _ ->
          throw new IllegalStateException(e.op().mnemonic());
    }
  }

  /** The place that {@code v} is written to and read from. */
  StridedView settle(Value v) {
    List<StridedView> all = home(v);
    if (all.isEmpty()) {
      all.add(target.allocate(v.type()));
    }
    views.put(v, all.getFirst());
    return all.getFirst();
  }

  /** Places wanted for {@code v} so far. */
  List<StridedView> wanted(Value v) {
    return homes.getOrDefault(v, List.of());
  }

  StridedView allocate(TensorType type) {
    return target.allocate(type);
  }

  void want(Value v, StridedView at) {
    home(v).add(at);
  }

  void read(Value v, StridedView at) {
    views.put(v, at);
  }

  CarryPlan loop(FusedValue n) {
    return Objects.requireNonNull(loops.get(n));
  }

  FusionPlan plan() {
    return plan;
  }

  LoopProgramBuilder target() {
    return target;
  }

  static boolean isRegional(@Nullable FusedValue n) {
    return n != null && !(n.eqn != null && n.eqn.op() instanceof Source.Const);
  }

  private void region(Value v, StridedView to) {
    if (isRegional(plan.fused(v))) {
      home(v).add(to);
    }
  }

  static StridedView along(StridedView to, int axis, long at) {
    long[] start = new long[to.stride().size()];
    start[axis] = at;
    return to.window(start, ones(start.length));
  }

  static StridedView middle(StridedView to, Move.Pad p) {
    return to.window(AccessMaps.longs(p.low()), ones(p.low().size()));
  }

  static long[] ones(int n) {
    long[] one = new long[n];
    Arrays.fill(one, 1);
    return one;
  }

  private void nest(FusionGroup k) {
    NestBuilder b = new NestBuilder(this, k.length, k.reduce);
    List<FusedValue> body = k.members.stream().filter(n -> !n.epilogue).toList();
    List<Integer> ids = body.stream().map(b::fused).toList();
    for (int i = 0; i < ids.size(); i++) {
      if (body.get(i).kind != AccessMaps.Kind.FOLD) {
        write(b, body.get(i), ids.get(i));
      }
    }
    if (k.reductions() > 0) {
      b.foldsDone();
      List<FusedValue> after = k.members.stream().filter(n -> n.epilogue).toList();
      List<Integer> more = after.stream().map(b::fused).toList();
      for (int i = 0; i < ids.size(); i++) {
        if (body.get(i).kind == AccessMaps.Kind.FOLD) {
          write(b, body.get(i), ids.get(i));
        }
      }
      for (int i = 0; i < more.size(); i++) {
        write(b, after.get(i), more.get(i));
      }
    }
    b.finish(where(k));
  }

  private SourceLocation where(FusionGroup k) {
    SourceLocation line = SourceLocation.UNKNOWN;
    for (FusedValue n : k.members) {
      if (n.eqn != null && (!line.isKnown() || n.kind == AccessMaps.Kind.FOLD)) {
        line = n.eqn.where();
      }
    }
    return line.isKnown() ? line : around;
  }

  private void write(NestBuilder b, FusedValue n, int id) {
    List<StridedView> to =
        n.eqn == null ? copies.getOrDefault(n, List.of()) : homes.getOrDefault(n.value, List.of());
    for (StridedView v : to) {
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
  static AffineIndex whole(Shape shape) {
    int[] axisOf = new int[shape.rank()];
    int n = 0;
    for (int d = 0; d < axisOf.length; d++) {
      axisOf[d] = shape.dim(d) == 1 ? -1 : n++;
    }
    return AffineIndex.along(axisOf, n);
  }

  /** A nest that copies {@code v}, unless it is there already. */
  void copy(Value v, StridedView to, SourceLocation where) {
    if (to.equals(views.get(v))) {
      return;
    }
    NestBuilder b = over(v.type().shape());
    AffineIndex p = whole(v.type().shape());
    b.store(v.type().dtype(), to, p, b.value(v, p));
    b.finish(where);
  }

  /** A nest that copies from one place to another. */
  void copy(TensorType type, StridedView from, StridedView to, SourceLocation where) {
    if (!from.equals(to)) {
      NestBuilder b = over(type.shape());
      AffineIndex p = whole(type.shape());
      b.store(type.dtype(), to, p, b.load(type.dtype(), from, p));
      b.finish(where);
    }
  }

  // A check or a barrier gives its operand back: no copy where the operand is in memory to stay.
  @Nullable StridedView alias(Eqn e) {
    Value x = e.in(0);
    while (plan.fused(x) == null && plan.defining(x) instanceof Eqn d) {
      if (!(d.op() instanceof Move)) {
        return null;
      }
      x = d.in(0);
    }
    return plan.fused(x) == null && views.get(x) != null && !plan.isCarried(x)
        ? view(e.in(0))
        : null;
  }

  /** Binds a parameter of an inner graph to a value of this one. */
  void pass(GraphEmitter in, Param p, Value v) {
    Lit lit = literal(v);
    if (lit != null) {
      in.bind(p, lit);
    } else {
      in.bind(p, located(v));
    }
  }

  /** Memory that holds {@code v}: its own, a view, or a copy made now. */
  StridedView located(Value v) {
    StridedView view = view(v);
    if (view == null) {
      Eqn e = plan.defining(v);
      view = e != null && e.op() instanceof Move ? through(e) : materialize(v);
      views.put(v, view);
    }
    return view;
  }

  /** The memory of a move's operand, seen as its result; a copy is made where that cannot be. */
  StridedView through(Eqn e) {
    StridedView view = moved(e);
    if (view == null) {
      view = copied.get(e.out());
    }
    if (view == null) {
      view = copiedThrough(e);
      copied.put(e.out(), view);
    }
    return view;
  }

  private StridedView copiedThrough(Eqn e) {
    if (e.op() instanceof Move.Reshape r) {
      Value x = e.in(0);
      StridedView dense = target.allocate(x.type());
      copy(x, dense, e.where());
      return Objects.requireNonNull(dense.reshape(x.type().shape(), r.shape()));
    }
    return materialize(e.out());
  }

  private StridedView materialize(Value v) {
    StridedView to = target.allocate(v.type());
    Eqn e = plan.defining(v);
    copy(v, to, e == null ? SourceLocation.UNKNOWN : e.where());
    return to;
  }

  private @Nullable StridedView view(Value v) {
    StridedView own = views.get(v);
    Eqn e = plan.defining(v);
    return own != null || e == null || plan.fused(v) != null ? own : moved(e);
  }

  private @Nullable StridedView moved(Eqn e) {
    if (!(e.op() instanceof Move m) || !(view(e.in(0)) instanceof StridedView x)) {
      return null;
    }
    Shape shape = e.in(0).type().shape();
    return switch (m) {
      case Move.Reshape r -> x.reshape(shape, r.shape());
      case Move.Transpose t -> x.pick(t.perm().stream().mapToInt(Integer::intValue).toArray());
      case Move.Broadcast b ->
          x.pick(IntStream.range(0, b.shape().rank()).map(b.axes()::indexOf).toArray());
      case Move.Slice s -> x.window(AccessMaps.longs(s.start()), AccessMaps.longs(s.stride()));
      case Move.Reverse r -> x.window(AccessMaps.mirror(r, shape), AccessMaps.signs(r, shape));
      case Move.Shear s -> x.shear(s.axis(), s.by(), s.step(), s.start(shape.dim(s.by())));
      case Move.Pad _, Move.Concat _ -> null;
    };
  }
}
