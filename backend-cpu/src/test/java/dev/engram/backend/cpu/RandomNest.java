package dev.engram.backend.cpu;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.lanes.LaneRows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Programs of one random nest, of every form that the contract allows, with inputs. */
final class RandomNest {
  /** Rows whose lane form differs from the row's own function in the last bits. */
  private static final List<ElementwiseRow> APPROXIMATE =
      List.of(
          Rows.EXP,
          Rows.EXPM1,
          Rows.LOG,
          Rows.LOG1P,
          Rows.SIN,
          Rows.COS,
          Rows.TANH,
          Rows.SIGMOID,
          Rows.SOFTPLUS,
          Rows.RSQRT);

  static final ElementwiseRow USER_ROW =
      ElementwiseRow.of(
          "cubeRoot", 1, (a, b, c) -> Math.cbrt(a), new ElementwiseRow.Domain(0, 1), List.of());

  private final Random random;
  private final boolean floatsOnly;
  private final DType only;
  private final RandomBuffers memory;
  private final List<Stmt.Axis> axes = new ArrayList<>();
  private final List<Instr> code = new ArrayList<>();
  private final List<Value> values = new ArrayList<>();
  private int parallel;
  private int bodySize;

  private record Value(int id, DType dtype, boolean exact) {}

  /** A program and its inputs. */
  record Sample(LoopProgram program, List<HostTensor> inputs) {}

  private RandomNest(long seed, boolean floatsOnly) {
    this.random = new Random(seed);
    this.floatsOnly = floatsOnly;
    this.only = random.nextBoolean() ? DType.F32 : DType.F64;
    this.memory = new RandomBuffers(random, floatsOnly, axes);
  }

  /** With {@code floatsOnly} a nest that vector code takes: one float type, unit strides. */
  static Sample of(long seed, boolean floatsOnly) {
    return new RandomNest(seed, floatsOnly).build();
  }

  private Sample build() {
    shape();
    int loads = 1 + random.nextInt(4);
    for (int i = 0; i < loads; i++) {
      load(dtype());
    }
    int n = 2 + random.nextInt(10);
    for (int i = 0; i < n; i++) {
      step();
    }
    boolean reduced = parallel < axes.size();
    if (!reduced || random.nextInt(4) == 0) {
      store(axes.size());
    }
    if (reduced) {
      folds();
    } else {
      for (int i = random.nextInt(3); i > 0; i--) {
        store(axes.size());
      }
      if (!floatsOnly && random.nextInt(5) == 0) {
        scatter();
      }
    }
    return finish();
  }

  private void shape() {
    int[] lengths = {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64, 70};
    parallel = random.nextInt(4);
    int reduce = random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0;
    if (parallel + reduce == 0) {
      parallel = 1;
    }
    for (int a = 0; a < parallel + reduce; a++) {
      int top = parallel + reduce > 2 ? 9 : lengths.length;
      int n = lengths[random.nextInt(top)];
      if (random.nextInt(40) == 0) {
        n = 0;
      }
      if (parallel + reduce == 1 && random.nextInt(3) == 0) {
        n = 2000 + random.nextInt(8000);
      }
      axes.add(new Stmt.Axis(n, a >= parallel));
    }
  }

  private DType dtype() {
    DType t = anyDtype();
    return t.wide();
  }

  /** Those that are only stored, too. */
  private DType anyDtype() {
    return floatsOnly ? only : DType.values()[random.nextInt(DType.values().length)];
  }

  private int add(Instr i) {
    code.add(i);
    return code.size() - 1;
  }

  private void load(DType dtype) {
    long[] size = new long[1];
    AffineMap at = memory.layout(axes.size(), false, size);
    int b = memory.input(dtype, size[0]);
    value(add(new Instr.Load(dtype, new Access(b, at))), dtype, true);
  }

  private Value value(int id, DType dtype, boolean exact) {
    values.add(new Value(id, dtype, exact));
    return values.getLast();
  }

  private Value pick(Predicate<Value> p) {
    return pickAny(p.and(v -> v.dtype == v.dtype.wide()));
  }

  private Value pickAny(Predicate<Value> p) {
    List<Value> fit = values.stream().filter(p).collect(Collectors.toCollection(ArrayList::new));
    return fit.isEmpty() ? null : fit.get(random.nextInt(fit.size()));
  }

  private void step() {
    switch (random.nextInt(floatsOnly ? 4 : 12)) {
      case 4 -> {
        DType t = dtype();
        if (t != DType.BOOL) {
          long[] size = new long[1];
          value(add(new Instr.IndexOf(t, memory.layout(axes.size(), false, size))), t, true);
        }
      }
      case 5 -> convert();
      case 6 -> gather();
      case 7 -> {
        Value a = pick(v -> v.dtype == DType.I32);
        if (a != null) {
          long[] size = new long[1];
          AffineMap at = memory.layout(axes.size(), false, size);
          value(add(new Instr.RandomWord(a.id, a.id, at)), DType.I32, true);
        }
      }
      case 8 -> load(anyDtype());
      case 9 -> {
        DType t = anyDtype();
        value(add(new Instr.Literal(t, memory.element(t))), t, true);
      }
      default -> apply();
    }
  }

  private void convert() {
    DType to = anyDtype();
    Value a = pickAny(v -> v.exact);
    if (a != null && a.dtype != to) {
      value(add(new Instr.Convert(a.dtype, to, a.id)), to, a.exact);
    }
  }

  private void gather() {
    Value index = pick(v -> v.dtype.isInteger() && v.exact);
    if (index != null) {
      DType t = anyDtype();
      long[] size = new long[1];
      AffineMap at = memory.layout(axes.size(), false, size);
      long limit = 1L + random.nextInt(6);
      long stride = 1L + random.nextInt(3);
      int b = memory.input(t, size[0] + stride * limit);
      value(add(new Instr.LoadAt(t, new Access(b, at), index.id, stride, limit)), t, true);
    }
  }

  private void apply() {
    List<ElementwiseRow> rows = new ArrayList<>(Rows.all());
    rows.add(USER_ROW);
    if (floatsOnly) {
      rows.removeIf(r -> !LaneRows.hasCell(r) || r.signature() == RowSignature.BITS);
    }
    ElementwiseRow row = rows.get(random.nextInt(rows.size()));
    boolean compares =
        row.signature() == RowSignature.COMPARE || row.signature() == RowSignature.PREDICATE;
    boolean approximate = APPROXIMATE.contains(row);
    boolean jumps =
        compares
            || approximate
            || List.of(
                    Rows.FLOOR,
                    Rows.CEIL,
                    Rows.ROUND,
                    Rows.TRUNCATE,
                    Rows.SIGN,
                    Rows.REM,
                    Rows.POW,
                    Rows.ATAN2,
                    Rows.TAN)
                .contains(row);
    Value last = pick(v -> row.signature().accepts(v.dtype) && (v.exact || !jumps));
    if (last == null) {
      return;
    }
    boolean select = row.signature() == RowSignature.SELECT;
    List<Integer> args = new ArrayList<>();
    boolean exact = !approximate;
    for (int k = 0; k < row.arity(); k++) {
      DType want = select && k == 0 ? DType.BOOL : last.dtype;
      Value a = k == row.arity() - 1 ? last : pick(v -> v.dtype == want && (v.exact || !jumps));
      if (a == null) {
        return;
      }
      exact &= a.exact;
      args.add(a.id);
    }
    boolean bool =
        row.signature() == RowSignature.COMPARE || row.signature() == RowSignature.PREDICATE;
    value(add(new Instr.Apply(row, last.dtype, args)), bool ? DType.BOOL : last.dtype, exact);
  }

  private void store(int upTo) {
    Value v = pickAny(x -> !floatsOnly || x.dtype == only);
    if (v == null) {
      return;
    }
    long[] size = new long[1];
    AffineMap at = memory.layout(upTo, true, size);
    int b = memory.output(v.dtype, size[0]);
    add(new Instr.Store(v.dtype, new Access(b, at), v.id));
  }

  private void scatter() {
    Value index = pick(v -> v.dtype.isInteger() && v.exact);
    Value v = pick(x -> x.dtype.isNumeric() && x.exact);
    if (index == null || v == null) {
      return;
    }
    int b = memory.output(v.dtype, 40);
    List<Long> none = Collections.nCopies(axes.size(), 0L);
    add(
        new Instr.StoreAt(
            v.dtype,
            new Access(b, new AffineMap(random.nextInt(3), List.of(), none)),
            index.id,
            1L + random.nextInt(3),
            1L + random.nextInt(10),
            Index.Combine.values()[random.nextInt(3)],
            v.id));
  }

  private void folds() {
    List<Value> results = new ArrayList<>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      Reduce.Kind kind = Reduce.Kind.values()[random.nextInt(8)];
      boolean arg = kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
      boolean bool = kind == Reduce.Kind.ANY || kind == Reduce.Kind.ALL;
      if (floatsOnly && (arg || bool)) {
        kind = Reduce.Kind.SUM;
        arg = false;
        bool = false;
      }
      boolean wantBool = bool;
      boolean wantExact = arg;
      Value v =
          pick(
              x ->
                  (wantBool ? x.dtype == DType.BOOL : x.dtype.isNumeric())
                      && (x.exact || !wantExact));
      if (v == null) {
        continue;
      }
      if (random.nextInt(4) == 0 && !bool) {
        Value w = pick(x -> x.dtype == v.dtype);
        FoldOrder cut = order(1, FoldOrder.PRODUCT_CHAIN);
        FoldOrder order = v.dtype.isFloat() ? cut : FoldOrder.PLAIN;
        int id = add(new Instr.DotFold(v.dtype, v.id, w.id, order));
        results.add(new Value(id, v.dtype, v.exact && w.exact));
        continue;
      }
      int lanes = 1 << (random.nextBoolean() ? 4 : random.nextInt(5));
      FoldOrder cut = arg || bool ? FoldOrder.PLAIN : order(lanes, FoldOrder.CHAIN);
      FoldOrder order =
          FoldOrder.rounds(kind, v.dtype) ? cut : FoldOrder.inLanes(arg || bool ? 1 : lanes);
      int id = add(new Instr.Fold(kind, v.dtype, v.id, order));
      results.add(new Value(id, arg ? DType.I32 : v.dtype, v.exact));
    }
    bodySize = code.size();
    values.clear();
    values.addAll(results);
    if (results.isEmpty()) {
      return;
    }
    int base = axes.size();
    List<Stmt.Axis> kept = new ArrayList<>(axes);
    for (int i = random.nextInt(3); i > 0; i--) {
      epilogueLoad(floatsOnly ? only : results.getFirst().dtype);
      apply();
    }
    assert kept.size() == base;
    for (Value v : results) {
      long[] size = new long[1];
      AffineMap at = memory.layout(parallel, true, size);
      add(new Instr.Store(v.dtype, new Access(memory.output(v.dtype, size[0]), at), v.id));
    }
    store(parallel);
  }

  /** Blocks and shares of any length, as long as no chain is longer than {@code most}. */
  private FoldOrder order(int lanes, int most) {
    long points = 1;
    for (Stmt.Axis a : axes.subList(parallel, axes.size())) {
      points *= a.length();
    }
    if (random.nextInt(3) == 0 && points <= (long) most * lanes) {
      return FoldOrder.inLanes(lanes);
    }
    int chain = random.nextBoolean() ? 1 + random.nextInt(most) : 1 + random.nextInt(3);
    long share = (long) chain * lanes * (1L + random.nextInt(5)) + lanes * (long) random.nextInt(2);
    return new FoldOrder(lanes, (long) chain * lanes, random.nextBoolean() ? FoldOrder.ALL : share);
  }

  private void epilogueLoad(DType t) {
    long[] size = new long[1];
    AffineMap at = memory.layout(parallel, false, size);
    int b = memory.input(t, size[0]);
    value(add(new Instr.Load(t, new Access(b, at))), t, true);
  }

  private Sample finish() {
    boolean reduced = parallel < axes.size();
    int split = reduced ? (bodySize == 0 ? code.size() : bodySize) : code.size();
    Stmt.Nest nest =
        new Stmt.Nest(
            "random",
            axes,
            code.subList(0, split),
            code.subList(split, code.size()),
            SourceLocation.UNKNOWN);
    // outputs are written whole in the contract; here the rest is filled by copies of zeros
    List<Stmt> steps = new ArrayList<>();
    for (int b : memory.outputs()) {
      steps.add(memory.zero(b));
    }
    steps.add(nest);
    LoopProgram p =
        new LoopProgram("random", memory.buffers(), memory.inputs(), memory.outputs(), steps, 0);
    return new Sample(ProgramVerifier.verify(p), memory.data());
  }
}
