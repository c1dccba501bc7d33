package dev.engram.backend.cpu.nest;

import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Effect;
import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.nest.RowNest.Pass;
import dev.engram.backend.cpu.nest.RowNest.Phase;
import dev.engram.backend.cpu.nest.RowNest.Row;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.nest.RowNest.Transfer;
import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import dev.engram.lower.lanes.LaneProgram;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
import dev.engram.lower.lanes.LaneRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Converts a nest to rows and lane programs. */
final class RowNestBuilder {
  /** A pass is closed when it has this many lane operations: bodies of this size compile well. */
  static final int LANES_PER_PASS = 240;

  /** A pass is closed when it reads this many rows. */
  static final int ROWS_PER_PASS = 48;

  private final Stmt.Nest nest;
  private final NestSlots slots;
  private final NestAxes axes;
  private final List<Instr> code;
  private final List<Row> rows = new ArrayList<>();
  private final Fold[] folds;

  private RowNestBuilder(Stmt.Nest nest, NestSlots slots, boolean products) {
    this.nest = nest;
    this.slots = slots;
    this.axes = new NestAxes(nest, slots, products);
    this.code = new ArrayList<>(nest.body());
    code.addAll(nest.epilogue());
    this.folds = new Fold[code.size()];
  }

  static RowNest build(Stmt.Nest nest, NestSlots slots) {
    RowNest rows = new RowNestBuilder(nest, slots, true).build();
    boolean isLong = !rows.tiled() && rows.rowLength() > RowNest.LONGEST;
    // only products are computed by whole rows of results
    return isLong && Matmul.of(rows).isEmpty()
        ? new RowNestBuilder(nest, slots, false).build()
        : rows;
  }

  private int rowOf(DType dtype, long length) {
    rows.add(new Row(dtype, RowNest.points(nest.label(), List.of(length), nest.where())));
    return rows.size() - 1;
  }

  private RowNest build() {
    int inner = axes.along == Along.FOLD ? axes.reduce.getLast().length() : 0;
    int bodyLength = axes.along == Along.FOLD ? Math.min(inner, RowNest.LONGEST) : axes.tile;
    for (int i = 0; i < nest.body().size(); i++) {
      folds[i] = fold(code.get(i));
    }
    Phase body = new PhaseBuilder(0, nest.body().size(), bodyLength).build();
    Phase epilogue = new PhaseBuilder(nest.body().size(), code.size(), axes.tile).build();
    List<Integer> outer =
        new ArrayList<>(axes.parallel.stream().map(NestAxes.Axis::length).toList());
    boolean tiled = axes.tile < axes.row.length();
    if (tiled) {
      outer.add(Math.ceilDiv(axes.row.length(), axes.tile));
    }
    List<NestAxes.Axis> loops =
        axes.along == Along.FOLD ? axes.reduce.subList(0, axes.reduce.size() - 1) : axes.reduce;
    return new RowNest(
        List.copyOf(outer),
        axes.row.length(),
        axes.tile,
        loops.stream().map(NestAxes.Axis::length).toList(),
        axes.along,
        inner,
        axes.ordered,
        IntStream.range(0, slots.keys().size()).mapToObj(s -> slot(s, tiled, loops)).toList(),
        List.copyOf(rows),
        Arrays.stream(folds).filter(Objects::nonNull).toList(),
        body,
        epilogue);
  }

  private Slot slot(int s, boolean tiled, List<NestAxes.Axis> loops) {
    NestSlots.Key key = slots.keys().get(s);
    List<Long> outer = new ArrayList<>();
    for (NestAxes.Axis a : axes.parallel) {
      outer.add(a.strides()[s]);
    }
    long row = axes.row.strides()[s];
    if (tiled) {
      outer.add(row * axes.tile);
    }
    return new Slot(
        key.buffer() < 0 ? -1 : slots.buffers().indexOf(key.buffer()),
        key.dtype(),
        List.copyOf(outer),
        row,
        loops.stream().map(a -> a.strides()[s]).toList(),
        axes.along == Along.FOLD ? axes.reduce.getLast().strides()[s] : 0);
  }

  private @Nullable Fold fold(Instr instr) {
    return switch (instr) {
      case Instr.Fold f -> newFold(f.kind(), f.dtype(), f.order());
      case Instr.DotFold f -> newFold(Reduce.Kind.SUM, f.dtype(), f.order());
      case Instr.Load _, Instr.Literal _, Instr.IndexOf _, Instr.Apply _ -> null;
      case Instr.Convert _, Instr.LoadAt _, Instr.RandomWord _, Instr.Store _ -> null;
      case Instr.StoreAt _, Instr.Check _ -> null;
    };
  }

  private Fold newFold(Reduce.Kind kind, DType dtype, FoldOrder order) {
    boolean arg = kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
    boolean rowwise = axes.along == Along.ROW;
    long length = (long) order.lanes() * (rowwise ? axes.tile : 1);
    List<Integer> states = new ArrayList<>();
    states.add(rowOf(dtype, length));
    if (arg) {
      states.add(rowOf(DType.I32, length));
    }
    int result = rowwise ? states.getLast() : rowOf(arg ? DType.I32 : dtype, axes.tile);
    long points = 1;
    for (NestAxes.Axis a : axes.reduce) {
      points = Math.multiplyExact(points, (long) a.length());
    }
    int waiting = order.block() < points ? rowOf(dtype, (long) order.waiting(points) * length) : -1;
    return new Fold(kind, dtype, order, List.copyOf(states), waiting, result);
  }

  /** Builds the passes of the body or the epilogue. */
  private final class PhaseBuilder {
    private final int from;
    private final int to;
    private final int length;
    private final List<Transfer> loads = new ArrayList<>();
    private final List<Transfer> stores = new ArrayList<>();
    private final Map<Integer, Integer> loadRow = new HashMap<>();
    private final List<PassBuilder> passes = new ArrayList<>();
    private final int[] definedIn;
    private final Map<Integer, Integer> spilled = new HashMap<>();

    PhaseBuilder(int from, int to, int length) {
      this.from = from;
      this.to = to;
      this.length = length;
      this.definedIn = new int[code.size()];
    }

    Phase build() {
      PassBuilder pass = open();
      for (int i = from; i < to; i++) {
        if (pass.isFull()) {
          pass = open();
        }
        definedIn[i] = passes.size() - 1;
        pass.add(i);
      }
      List<Pass> done =
          passes.stream()
              .filter(p -> !p.effects.isEmpty())
              .map(p -> new Pass(p.lanes, List.copyOf(p.effects)))
              .toList();
      Set<Integer> read = new HashSet<>();
      done.forEach(p -> p.live().forEach(n -> read.add(n.op == Op.LOAD ? (int) n.bits : -1)));
      return new Phase(
          loads.stream().filter(t -> read.contains(t.row())).toList(), List.copyOf(stores), done);
    }

    private PassBuilder open() {
      passes.add(new PassBuilder(this));
      return passes.getLast();
    }

    private int loadRow(int slot, DType dtype) {
      return loadRow.computeIfAbsent(
          slot,
          _ -> {
            int row = rowOf(dtype, Math.max(1, length));
            loads.add(new Transfer(slot, row));
            return row;
          });
    }

    private int storeRow(int slot, DType dtype) {
      int row = rowOf(dtype, length);
      stores.add(new Transfer(slot, row));
      return row;
    }

    /** Returns a row that carries value {@code v} from the pass that computes it to later ones. */
    private int spill(int v) {
      return spilled.computeIfAbsent(
          v,
          _ -> {
            PassBuilder home = passes.get(definedIn[v]);
            Node value = home.value(v);
            int row = rowOf(value.dtype, length);
            home.effects.add(new Effect.Store(row, value));
            return row;
          });
    }
  }

  /** Builds one lane program. */
  private final class PassBuilder {
    private final PhaseBuilder phase;
    final LaneProgram lanes = new LaneProgram();
    final List<Effect> effects = new ArrayList<>();
    private final Node[] values = new Node[code.size()];
    private int reads;

    PassBuilder(PhaseBuilder phase) {
      this.phase = phase;
    }

    boolean isFull() {
      return lanes.nodes().size() >= LANES_PER_PASS || reads >= ROWS_PER_PASS;
    }

    Node value(int v) {
      if (values[v] == null) {
        values[v] =
            switch (code.get(v)) {
              case Instr.Fold _, Instr.DotFold _ -> result(v);
              case Instr.Load _, Instr.Literal _, Instr.IndexOf _ -> define(v);
              case Instr.Apply _, Instr.Convert _, Instr.LoadAt _, Instr.RandomWord _ -> carry(v);
              case Instr.Check c -> value(c.value());
              case Instr.Store _, Instr.StoreAt _ ->
                  throw new IllegalStateException("v" + v + " is a store, not a value");
            };
      }
      return values[v];
    }

    private Node result(int v) {
      reads++;
      int row = Objects.requireNonNull(folds[v]).result();
      return lanes.load(rows.get(row).dtype(), row);
    }

    private Node carry(int v) {
      reads++;
      int row = phase.spill(v);
      return lanes.load(rows.get(row).dtype(), row);
    }

    void add(int i) {
      switch (code.get(i)) {
        case Instr.Load _, Instr.Literal _, Instr.IndexOf _ -> values[i] = define(i);
        case Instr.Apply _, Instr.Convert _, Instr.LoadAt _, Instr.RandomWord _ ->
            values[i] = define(i);
        case Instr.Store s ->
            effects.add(
                new Effect.Store(phase.storeRow(slots.ofInstr(i), s.dtype()), value(s.value())));
        case Instr.StoreAt s ->
            effects.add(
                new Effect.Scatter(
                    slots.ofInstr(i),
                    lanes.convert(value(s.index()), DType.I64),
                    s.stride() * s.dtype().bytes(),
                    s.limit(),
                    s.combine(),
                    value(s.value())));
        case Instr.Check c ->
            effects.add(
                new Effect.Check(
                    i,
                    c.op().low(),
                    c.op().high(),
                    slots.point(),
                    slots.ofInstr(i),
                    lanes.convert(value(c.value()), DType.I64)));
        case Instr.Fold f -> accumulate(i, f.kind(), value(f.value()));
        case Instr.DotFold f -> {
          Node a = value(f.a());
          Node b = value(f.b());
          Fold fold = Objects.requireNonNull(folds[i]);
          Node acc = state(fold, 0);
          Node next = f.dtype().isFloat() ? lanes.fma(a, b, acc) : lanes.add(lanes.mul(a, b), acc);
          effects.add(new Effect.Accumulate(fold.states().getFirst(), 1, next));
        }
      }
    }

    private Node define(int i) {
      return switch (code.get(i)) {
        case Instr.Load l -> {
          reads++;
          yield lanes.load(l.dtype(), phase.loadRow(slots.ofInstr(i), l.dtype()));
        }
        case Instr.Literal l -> lanes.constant(l.dtype(), l.bits());
        case Instr.IndexOf x ->
            x.dtype() == DType.I32
                ? index(i, DType.I32)
                : lanes.convert(index(i, DType.I64), x.dtype());
        case Instr.Apply a ->
            LaneRows.apply(lanes, a.row(), a.dtype(), a.args().stream().map(this::value).toList());
        case Instr.Convert c -> convert(value(c.arg()), c.to());
        case Instr.LoadAt l ->
            lanes.nodeWith(
                Op.GATHER,
                l.dtype(),
                new LaneProgram.Gather(slots.ofInstr(i), l.stride() * l.dtype().bytes(), l.limit()),
                lanes.convert(value(l.index()), DType.I64));
        case Instr.RandomWord r ->
            lanes.node(Op.RANDOM, DType.I32, slots.ofInstr(i), value(r.key0()), value(r.key1()));
        case Instr.Store _, Instr.StoreAt _, Instr.Fold _, Instr.DotFold _, Instr.Check _ ->
            throw new IllegalStateException(code.get(i) + " is not a value");
      };
    }

    /** What is compared here is chosen by, which vectors can do. */
    private Node convert(Node a, DType to) {
      boolean compared =
          switch (a.op) {
            case LT, LE, EQ, NE, NOT, BOTH, EITHER -> true;
            default -> false;
          };
      return compared && (to == DType.F32 || to == DType.F64)
          ? lanes.select(a, lanes.constant(to, one(to)), lanes.constant(to, 0))
          : lanes.convert(a, to);
    }

    private static long one(DType t) {
      return t == DType.F32 ? Float.floatToRawIntBits(1) : Double.doubleToRawLongBits(1);
    }

    private Node index(int i, DType dtype) {
      return lanes.node(Op.INDEX, dtype, slots.ofInstr(i));
    }

    private Node state(Fold f, int part) {
      int row = f.states().get(part);
      return lanes.state(rows.get(row).dtype(), row);
    }

    private void accumulate(int i, Reduce.Kind kind, Node v) {
      Fold f = Objects.requireNonNull(folds[i]);
      Node acc = state(f, 0);
      int row = f.states().getFirst();
      switch (kind) {
        case SUM -> effects.add(new Effect.Accumulate(row, f.lanes(), lanes.add(acc, v)));
        case PROD -> effects.add(new Effect.Accumulate(row, f.lanes(), lanes.mul(acc, v)));
        case MAX -> effects.add(new Effect.Accumulate(row, f.lanes(), lanes.max(acc, v)));
        case MIN -> effects.add(new Effect.Accumulate(row, f.lanes(), lanes.min(acc, v)));
        case ANY -> effects.add(new Effect.Accumulate(row, f.lanes(), lanes.either(acc, v)));
        case ALL -> effects.add(new Effect.Accumulate(row, f.lanes(), lanes.both(acc, v)));
        case ARGMAX, ARGMIN -> {
          Node first = lanes.eq(lanes.counter(), lanes.constant(DType.I32, 0));
          Node better = lanes.either(first, better(kind == Reduce.Kind.ARGMAX, v, acc));
          Node at = state(f, 1);
          effects.add(
              new Effect.Accumulate(
                  f.states().get(1), 1, lanes.select(better, lanes.counter(), at)));
          effects.add(new Effect.Accumulate(row, 1, lanes.select(better, v, acc)));
        }
      }
    }

    // NaN wins over every number; of equal extremes the first stays
    private Node better(boolean most, Node v, Node top) {
      Node order = most ? lanes.lt(top, v) : lanes.lt(v, top);
      if (!v.dtype.isFloat()) {
        return order;
      }
      return lanes.both(lanes.eq(top, top), lanes.either(lanes.ne(v, v), order));
    }
  }
}
