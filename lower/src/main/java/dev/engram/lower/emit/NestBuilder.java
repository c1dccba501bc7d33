package dev.engram.lower.emit;

import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
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
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.FoldLanes;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.fuse.AccessMaps;
import dev.engram.lower.fuse.AffineIndex;
import dev.engram.lower.fuse.FusedValue;
import dev.engram.lower.prepare.PackedOperand;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes the instructions of one nest; equal reads and equal arithmetic are shared. */
final class NestBuilder {
  private record Element(Value value, AffineIndex at) {}

  private final GraphEmitter emitter;
  private final int[] length;
  private final boolean[] reduce;
  private final List<Instr> body = new ArrayList<>();
  private final List<Instr> epilogue = new ArrayList<>();
  private Map<Element, Integer> known = new HashMap<>();
  private Map<Instr, Integer> shared = new HashMap<>();
  private final Map<Element, Integer> folds = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private boolean done;

  NestBuilder(GraphEmitter emitter, int[] length, boolean[] reduce) {
    this.emitter = emitter;
    this.length = length;
    this.reduce = reduce;
  }

  int space() {
    return length.length;
  }

  /** Starts the epilogue: later instructions run once the folds are done. */
  void foldsDone() {
    done = true;
    known = new HashMap<>(folds);
    shared = new HashMap<>();
  }

  private int add(Instr i) {
    (done ? epilogue : body).add(i);
    return body.size() + epilogue.size() - 1;
  }

  private int share(Instr i) {
    Integer same = shared.get(i);
    if (same == null) {
      same = add(i);
      shared.put(i, same);
    }
    return same;
  }

  /** Returns the instruction that computes element {@code p} of {@code v}. */
  int value(Value v, AffineIndex p) {
    Element key = new Element(v, p);
    Integer id = known.get(key);
    if (id == null) {
      id = make(v, p);
      known.put(key, id);
    }
    return id;
  }

  private int make(Value v, AffineIndex p) {
    Lit lit = emitter.literal(v);
    if (lit != null) {
      return share(new Instr.Literal(lit.type().dtype(), lit.bits()));
    }
    StridedView view = emitter.stored(v);
    if (view != null) {
      return load(v.type().dtype(), view, p);
    }
    return equation(emitter.defining(v), p);
  }

  int load(DType dtype, StridedView from, AffineIndex p) {
    return share(new Instr.Load(dtype, from.at(p, emitter.depth())));
  }

  int literal(DType dtype, long whole) {
    return share(new Instr.Literal(dtype, Lit.ofLong(TensorType.scalar(dtype), whole).bits()));
  }

  int apply(ElementwiseRow row, DType dtype, int... args) {
    return share(new Instr.Apply(row, dtype, java.util.Arrays.stream(args).boxed().toList()));
  }

  /** Converts {@code v} to another type, if that differs. */
  int convert(DType from, DType to, int v) {
    return from == to ? v : share(new Instr.Convert(from, to, v));
  }

  /** Computes the fused value's element at its own point and remembers it. */
  int fused(FusedValue n) {
    int id =
        switch (n.kind) {
          case FOLD -> fold(n);
          case FREE, MAP -> n.eqn == null ? value(n.value, n.point()) : equation(n.eqn, n.point());
          case OPAQUE -> throw new IllegalStateException("an opaque value has no element");
        };
    (n.kind == AccessMaps.Kind.FOLD ? folds : known).put(new Element(n.value, n.point()), id);
    return id;
  }

  private int fold(FusedValue n) {
    Eqn e = n.equation();
    name(e);
    List<Integer> args =
        AccessMaps.folding(e, n.point(), n.folded()).stream()
            .map(r -> value(r.value(), java.util.Objects.requireNonNull(r.at())))
            .toList();
    DType dtype = e.in(0).type().dtype();
    // The blocks of the fold's order are set after the axes have been ordered.
    FoldOrder order = FoldOrder.inLanes(FoldLanes.of(e));
    if (e.op() instanceof Reduce r) {
      return add(new Instr.Fold(r.kind(), dtype, args.getFirst(), order));
    }
    if (order.lanes() == 1) {
      return add(new Instr.DotFold(dtype, args.get(0), args.get(1), order));
    }
    int product = add(new Instr.Apply(Rows.MUL, dtype, args));
    return add(new Instr.Fold(Reduce.Kind.SUM, dtype, product, order));
  }

  private void name(Eqn e) {
    if (!(e.op() instanceof Move) && !(e.op() instanceof Index)) {
      names.add(e.op().mnemonic().replace("reduce_", ""));
    }
  }

  /** Computes element {@code p} of the result of a FREE or MAP equation. */
  int equation(Eqn e, AffineIndex p) {
    DType dtype = e.out().type().dtype();
    return switch (e.op()) {
      case Elementwise x -> {
        List<Integer> args = e.inputs().stream().map(v -> value(v, p)).toList();
        name(e);
        DType of = x.row().signature() == RowSignature.SELECT ? dtype : e.in(0).type().dtype();
        yield share(new Instr.Apply(x.row(), of, args));
      }
      case Cast c -> {
        int arg = value(e.in(0), p);
        yield convert(e.in(0).type().dtype(), c.to(), arg);
      }
      case Reduce r ->
          switch (r.kind()) {
            case SUM, PROD, MAX, MIN, ANY, ALL -> only(e, p);
            case ARGMAX, ARGMIN -> literal(DType.I32, 0);
          };
      case Dot _ -> products(e, p, dtype);
      case Move _ -> move(e, p);
      case Custom c when c instanceof PackedOperand -> only(e, p);
      case Index.Gather g -> gather(e, g, p);
      case Index.DynamicSlice _ -> dynamicSlice(e, p);
      case Source.Iota i -> {
        long[] one = new long[p.rank()];
        one[i.axis()] = 1;
        yield indexOf(dtype, p, one);
      }
      case Source.RandomBits r -> {
        name(e);
        List<Integer> key =
            AccessMaps.of(e, p).stream()
                .map(k -> value(k.value(), java.util.Objects.requireNonNull(k.at())))
                .toList();
        yield share(new Instr.RandomWord(key.get(0), key.get(1), index(p, r.shape().strides())));
      }
      case Index _, Source.Const _, Check _, HostEffect _, Control _, Custom _ ->
          throw new IllegalStateException(e.op().mnemonic() + " has no element of its own");
    };
  }

  AffineMap index(AffineIndex p, long[] strides) {
    return p.address(0, Collections.nCopies(emitter.depth(), 0L), strides);
  }

  int indexOf(DType dtype, AffineIndex p, long[] strides) {
    return share(new Instr.IndexOf(dtype, index(p, strides)));
  }

  private int only(Eqn e, AffineIndex p) {
    AccessMaps.Read r = AccessMaps.of(e, p).getFirst();
    return value(r.value(), java.util.Objects.requireNonNull(r.at()));
  }

  // Σ_k a_k b_k, written out
  private int products(Eqn e, AffineIndex p, DType dtype) {
    int sum = -1;
    name(e);
    for (AffineIndex r : AccessMaps.positions(AccessMaps.folded(e), p.space())) {
      List<Integer> ab =
          AccessMaps.folding(e, p, r).stream()
              .map(x -> value(x.value(), java.util.Objects.requireNonNull(x.at())))
              .toList();
      int product = apply(Rows.MUL, dtype, ab.get(0), ab.get(1));
      sum = sum < 0 ? product : apply(Rows.ADD, dtype, sum, product);
    }
    return sum;
  }

  private int move(Eqn e, AffineIndex p) {
    AccessMaps.Read r = AccessMaps.of(e, p).getFirst();
    return r.at() != null
        ? value(r.value(), r.at())
        : load(e.out().type().dtype(), emitter.through(e), p);
  }

  // y[b,p,j,q] = x[b,p,i[b,j],q]
  private int gather(Eqn e, Index.Gather g, AffineIndex p) {
    Value x = e.in(0);
    Value indices = e.in(1);
    AccessMaps.Read i = AccessMaps.of(e, p).get(1);
    int index = value(indices, java.util.Objects.requireNonNull(i.at()));
    int n = x.type().rank();
    int extra = indices.type().rank() - g.batch() - 1;
    int[] from = new int[n];
    for (int d = 0; d < n; d++) {
      from[d] = d < g.axis() ? d : d == g.axis() ? -1 : d + extra;
    }
    DType dtype = x.type().dtype();
    Lit lit = emitter.literal(x);
    if (lit != null) {
      return share(new Instr.Literal(dtype, lit.bits()));
    }
    StridedView view = emitter.located(x);
    return share(
        new Instr.LoadAt(
            dtype,
            view.at(p.pick(from), emitter.depth()),
            index,
            view.stride().get(g.axis()),
            x.type().shape().dim(g.axis())));
  }

  private int dynamicSlice(Eqn e, AffineIndex p) {
    Value x = e.in(0);
    DType dtype = x.type().dtype();
    Lit lit = emitter.literal(x);
    if (lit != null) {
      return share(new Instr.Literal(dtype, lit.bits()));
    }
    StridedView view = emitter.located(x);
    Window w =
        window(
            x.type().shape(),
            e.out().type().shape(),
            e.inputs().subList(1, e.inputs().size()),
            view);
    return share(
        new Instr.LoadAt(dtype, w.from().at(p, emitter.depth()), w.index(), w.stride(), w.limit()));
  }

  /** Where a dynamic window starts: at {@code from + stride·index}, {@code 0 <= index < limit}. */
  record Window(StridedView from, int index, long stride, long limit) {}

  /** The clamped start of a window of shape {@code size} in {@code in}, at {@code starts}. */
  Window window(Shape in, Shape size, List<Value> starts, StridedView view) {
    List<Integer> free = new ArrayList<>();
    for (int d = 0; d < in.rank(); d++) {
      if (in.dim(d) != size.dim(d)) {
        free.add(d);
      }
    }
    if (free.isEmpty()) {
      return new Window(view, literal(DType.I64, 0), 1, 1);
    }
    if (free.size() == 1) {
      int d = free.getFirst();
      return new Window(
          view,
          start(starts.get(d), in.dim(d) - size.dim(d)),
          view.stride().get(d),
          in.dim(d) - size.dim(d) + 1L);
    }
    // Σ_d stride_d · clamp(start_d), counted from the lowest address that a window can have: an
    // axis that runs backwards is counted from its last start.
    long lowest = view.offset();
    int sum = literal(DType.I64, 0);
    long limit = 1;
    for (int d : free) {
      long stride = view.stride().get(d);
      long most = (long) in.dim(d) - size.dim(d);
      int at = start(starts.get(d), most);
      if (stride < 0) {
        at = apply(Rows.SUB, DType.I64, literal(DType.I64, most), at);
        lowest += stride * most;
        stride = -stride;
      }
      sum =
          apply(
              Rows.ADD, DType.I64, sum, apply(Rows.MUL, DType.I64, at, literal(DType.I64, stride)));
      limit += stride * most;
    }
    StridedView from = new StridedView(view.buffer(), lowest, view.outer(), view.stride());
    return new Window(from, sum, 1, limit);
  }

  private int start(Value v, long most) {
    int at = value(v, AffineIndex.at(space()));
    int wide =
        v.type().dtype() == DType.I64
            ? at
            : share(new Instr.Convert(v.type().dtype(), DType.I64, at));
    int low = apply(Rows.MAX, DType.I64, wide, literal(DType.I64, 0));
    return apply(Rows.MIN, DType.I64, low, literal(DType.I64, most));
  }

  void store(DType dtype, StridedView to, AffineIndex p, int value) {
    add(new Instr.Store(dtype, to.at(p, emitter.depth()), value));
  }

  void storeAt(
      DType dtype,
      Access to,
      int index,
      long stride,
      long limit,
      Index.Combine combine,
      int value) {
    add(new Instr.StoreAt(dtype, to, index, stride, limit, combine, value));
  }

  int check(Instr.Check c) {
    names.add(c.op().mnemonic());
    return add(c);
  }

  /** Adds the nest, unless it has no points. */
  void finish(SourceLocation where) {
    for (int a = 0; a < length.length; a++) {
      if (length[a] == 0 && !reduce[a]) {
        return;
      }
    }
    if (body.isEmpty() && epilogue.isEmpty()) {
      return;
    }
    List<Runnable> later = new ArrayList<>();
    divert(body, later, where);
    divert(epilogue, later, where);
    emitter.add(AxisOrder.shape(label(), length, reduce, body, epilogue, where));
    later.forEach(Runnable::run);
  }

  // A nest that reads one part of a buffer and writes another writes to a copy first.
  private void divert(List<Instr> code, List<Runnable> later, SourceLocation where) {
    for (int i = 0; i < code.size(); i++) {
      if (code.get(i) instanceof Instr.Store s && isReadElsewhere(s.to())) {
        List<Integer> axes = new ArrayList<>();
        for (int a = 0; a < length.length; a++) {
          if (s.to().at().inner().get(a) != 0) {
            axes.add(a);
          }
        }
        TensorType type =
            new TensorType(s.dtype(), Shape.of(axes.stream().map(a -> length[a]).toList()));
        StridedView copy = emitter.allocate(type);
        StridedView wanted =
            new StridedView(
                s.to().buffer(),
                s.to().at().offset(),
                s.to().at().outer(),
                axes.stream().map(s.to().at().inner()::get).toList());
        int[] axisOf = axes.stream().mapToInt(Integer::intValue).toArray();
        AffineIndex p = AffineIndex.along(axisOf, length.length);
        code.set(i, new Instr.Store(s.dtype(), copy.at(p, emitter.depth()), s.value()));
        later.add(() -> emitter.copy(type, copy, wanted, where));
      }
    }
  }

  private boolean isReadElsewhere(Access to) {
    return java.util.stream.Stream.concat(body.stream(), epilogue.stream())
        .anyMatch(
            i ->
                (i instanceof Instr.Load l && differs(l.from(), to))
                    || (i instanceof Instr.LoadAt a && a.from().buffer() == to.buffer()));
  }

  private static boolean differs(Access a, Access b) {
    return a.buffer() == b.buffer() && !a.at().equals(b.at());
  }

  private String label() {
    if (names.isEmpty()) {
      return "copy";
    }
    List<String> some = names.subList(0, Math.min(5, names.size()));
    return String.join("+", some) + (names.size() > 5 ? "+…" : "");
  }
}
