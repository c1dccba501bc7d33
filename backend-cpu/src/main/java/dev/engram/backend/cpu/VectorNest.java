package dev.engram.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.Lanes.Node;
import dev.engram.backend.cpu.Lanes.Op;
import dev.engram.backend.cpu.RowNest.Along;
import dev.engram.backend.cpu.RowNest.Effect;
import dev.engram.backend.cpu.RowNest.Fold;
import dev.engram.backend.cpu.RowNest.Pass;
import dev.engram.backend.cpu.RowNest.Phase;
import dev.engram.backend.cpu.RowNest.Slot;
import dev.engram.backend.cpu.RowNest.Transfer;
import dev.engram.ir.DType;
import dev.engram.ir.Reduce;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A nest as one class of vector code: all loops, with the body's rows in vectors. */
final class VectorNest {
  static final MethodTypeDesc RUN =
      MethodTypeDesc.of(CD_void, Emission.FRAME, Emission.SCRATCH, CD_int, CD_int);
  private static final ClassDesc KIND = Reduce.Kind.class.describeConstable().orElseThrow();

  // parameters of `run`
  private static final int FRAME = 1;
  private static final int SCRATCH = 2;
  private static final int BEGIN = 3;
  private static final int END = 4;

  private final RowNest nest;
  private final int vectorBits;
  private final int size;
  private final int width;
  private final Emission emission = new Emission("GeneratedNest");
  private final Map<Integer, Integer> segments = new HashMap<>();
  private final Map<Integer, Long> rowOffset = new HashMap<>();
  private final long rowBytes;
  private long scratchBytes;
  private int scratchSegment = -1;
  private CodeBuilder c;

  /** The locals with every slot's offset at some depth of the loops. */
  private record At(int[] local) {}

  private VectorNest(RowNest nest, int vectorBits, int size) {
    this.nest = nest;
    this.vectorBits = vectorBits;
    this.size = size;
    this.width = vectorBits / 8 / size;
    this.rowBytes = (nest.tile() * (long) size + 63) / 64 * 64;
  }

  /** Bytes of one element where vectors can run the nest, else 0. */
  static int elementBytes(RowNest nest) {
    if (nest.ordered()
        || nest.body().passes().size() > 1
        || nest.epilogue().passes().size() > 1
        || nest.body().passes().isEmpty()) {
      return 0;
    }
    Pass body = nest.body().passes().getFirst();
    int bytes = body.effects().getFirst().value().dtype.bytes();
    boolean bodyFits =
        bytes >= 4
            && fits(body, nest.body(), nest, bytes, nest.along())
            && (nest.epilogue().passes().isEmpty()
                || fits(
                    nest.epilogue().passes().getFirst(), nest.epilogue(), nest, bytes, Along.ROW));
    return bodyFits && (nest.along() == Along.ROW || foldsFit(nest, bytes)) ? bytes : 0;
  }

  private static boolean fits(Pass pass, Phase phase, RowNest nest, int bytes, Along along) {
    for (Effect e : pass.effects()) {
      boolean plain =
          switch (e) {
            case Effect.Store _, Effect.Accumulate _ -> true;
            case Effect.Scatter _, Effect.Check _ -> false;
          };
      if (!plain || e.value().dtype.bytes() != bytes) {
        return false;
      }
    }
    for (Transfer t : phase.loads()) {
      long stride = stride(nest, t.slot(), along);
      if (stride != 0 && stride != nest.slots().get(t.slot()).dtype().bytes()) {
        return false;
      }
    }
    for (Transfer t : phase.stores()) {
      if (stride(nest, t.slot(), along) != nest.slots().get(t.slot()).dtype().bytes()) {
        return false;
      }
    }
    return VectorCode.accepts(pass, bytes);
  }

  private static long stride(RowNest nest, int slot, Along along) {
    Slot s = nest.slots().get(slot);
    return along == Along.ROW ? s.row() : s.inner();
  }

  // Along the folded axis each vector lane keeps its own partial result: there must be enough.
  private static boolean foldsFit(RowNest nest, int bytes) {
    for (Fold f : nest.folds()) {
      boolean arithmetic =
          switch (f.kind()) {
            case SUM, PROD, MAX, MIN -> true;
            case ANY, ALL, ARGMAX, ARGMIN -> false;
          };
      boolean even = nest.reducePoints() <= 1 || nest.inner() % f.lanes() == 0;
      if (!arithmetic
          || !even
          || !f.dtype().isFloat()
          || f.lanes() * bytes < 16
          || f.lanes() * bytes > 128
          || f.lanes() != nest.folds().getFirst().lanes()) {
        return false;
      }
    }
    return !nest.folds().isEmpty();
  }

  /** The class, or null where it would be too large; {@code size} is {@link #elementBytes}. */
  static @Nullable Written write(RowNest nest, int vectorBits, int size) {
    if (nest.along() == Along.FOLD && nest.folds().getFirst().lanes() * size * 8 < vectorBits) {
      return null;
    }
    return new VectorNest(nest, vectorBits, size).write();
  }

  /** The bytes of the class and how to make an object of it. */
  record Written(Emission emission, byte[] bytes) {
    Kernel kernel() {
      return emission.instantiate(bytes, Kernel.class);
    }
  }

  private @Nullable Written write() {
    byte[] bytes =
        emission.write(
            ClassDesc.of(Emission.PACKAGE + "Kernel"),
            cb -> cb.withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, this::run));
    return Emission.largestMethod(bytes) <= Emission.METHOD_BUDGET
        ? new Written(emission, bytes)
        : null;
  }

  private void run(CodeBuilder code) {
    c = code;
    layOut();
    for (Slot s : nest.slots()) {
      if (s.buffer() >= 0 && !segments.containsKey(s.buffer())) {
        int local = c.allocateLocal(TypeKind.REFERENCE);
        c.aload(FRAME).getfield(Emission.FRAME, "segments", Emission.SEGMENT.arrayType());
        c.loadConstant(s.buffer()).aaload().astore(local);
        emission.expectNative(c, local);
        segments.put(s.buffer(), local);
      }
    }
    if (scratchBytes > 0) {
      scratchSegment = c.allocateLocal(TypeKind.REFERENCE);
      c.aload(SCRATCH).loadConstant(scratchBytes);
      c.invokevirtual(Emission.SCRATCH, "memory", MethodTypeDesc.of(Emission.SEGMENT, CD_long));
      c.astore(scratchSegment);
      emission.expectNative(c, scratchSegment);
    }
    Map<Node, Integer> body = constants(nest.body());
    Map<Node, Integer> epilogue = constants(nest.epilogue());
    Map<Long, Integer> starts = startVectors();
    At base = new At(new int[nest.slots().size()]);
    for (int s = 0; s < base.local.length; s++) {
      base.local[s] = c.allocateLocal(TypeKind.LONG);
      c.aload(FRAME).getfield(Emission.FRAME, "base", CD_long.arrayType());
      c.loadConstant(s).laload().lstore(base.local[s]);
    }
    int q = c.allocateLocal(TypeKind.INT);
    Emission.loop(
        c,
        q,
        () -> c.iload(BEGIN),
        () -> c.iload(END),
        1,
        () -> outerPoint(q, base, body, epilogue, starts));
    c.return_();
  }

  /** Gives every fold its rows in scratch memory. */
  private void layOut() {
    for (Fold f : nest.folds()) {
      int state = f.states().getFirst();
      rowOffset.put(state, scratchBytes);
      scratchBytes += nest.along() == Along.ROW ? f.lanes() * rowBytes : 128;
      if (!rowOffset.containsKey(f.result())) {
        rowOffset.put(f.result(), scratchBytes);
        scratchBytes += rowBytes;
      }
    }
  }

  private Map<Node, Integer> constants(Phase phase) {
    Map<Node, Integer> bound = new HashMap<>();
    for (Pass p : phase.passes()) {
      VectorCode v = code(p);
      v.constants();
      for (Node n : p.lanes().nodes()) {
        if (v.isBound(n)) {
          bound.put(n, v.local(n));
        }
      }
    }
    return bound;
  }

  /** Locals with the vectors that folds start from, by the raw bits. */
  private Map<Long, Integer> startVectors() {
    Map<Long, Integer> starts = new HashMap<>();
    for (Fold f : nest.folds()) {
      starts.computeIfAbsent(
          Folds.start(f.kind(), f.dtype()),
          bits -> {
            VectorCode.pushSpecies(c, f.dtype(), vectorBits);
            switch (f.dtype()) {
              case F32 -> c.loadConstant(Float.intBitsToFloat((int) (long) bits));
              case F64 -> c.loadConstant(Double.longBitsToDouble(bits));
              case I32, BOOL -> c.loadConstant((int) (long) bits);
              case I64 -> c.loadConstant((long) bits);
            }
            VectorCode.broadcast(c, f.dtype());
            int local = c.allocateLocal(TypeKind.REFERENCE);
            c.astore(local);
            return local;
          });
    }
    return starts;
  }

  private VectorCode code(Pass p) {
    return new VectorCode(
        c, p.lanes(), p.effects().stream().map(Effect::value).toList(), emission, vectorBits);
  }

  private void outerPoint(
      int q,
      At base,
      Map<Node, Integer> body,
      Map<Node, Integer> epilogue,
      Map<Long, Integer> starts) {
    List<Integer> outer = nest.outer();
    int[] index = new int[outer.size()];
    int rest = c.allocateLocal(TypeKind.INT);
    c.iload(q).istore(rest);
    for (int a = outer.size() - 1; a >= 0; a--) {
      index[a] = c.allocateLocal(TypeKind.INT);
      c.iload(rest);
      if (a > 0) {
        c.loadConstant(outer.get(a)).irem();
      }
      c.istore(index[a]);
      if (a > 0) {
        c.iload(rest).loadConstant(outer.get(a)).idiv().istore(rest);
      }
    }
    At at = base;
    for (int a = 0; a < outer.size(); a++) {
      int axis = a;
      at = advance(at, index[a], s -> nest.slots().get(s).outer().get(axis));
    }
    Emission.Part length = length(index);
    if (nest.along() == Along.ROW) {
      rowwise(at, length, body, starts);
    } else {
      foldwise(at, length, body, starts);
    }
    for (Pass p : nest.epilogue().passes()) {
      row(p, nest.epilogue(), at, length, epilogue, -1);
    }
  }

  private boolean constantLength() {
    return !nest.tiled() || nest.rowLength() % nest.tile() == 0;
  }

  /** What pushes the number of the row's elements. */
  private Emission.Part length(int[] index) {
    if (constantLength()) {
      return () -> c.loadConstant(nest.tile());
    }
    int local = c.allocateLocal(TypeKind.INT);
    c.loadConstant(nest.tile()).loadConstant(nest.rowLength());
    c.iload(index[index.length - 1]).loadConstant(nest.tile()).imul().isub();
    c.invokestatic(
        ClassDesc.of("java.lang.Math"), "min", MethodTypeDesc.of(CD_int, CD_int, CD_int));
    c.istore(local);
    return () -> c.iload(local);
  }

  private At advance(At at, int index, java.util.function.IntFunction<Long> stride) {
    At next = new At(at.local.clone());
    for (int s = 0; s < next.local.length; s++) {
      long by = stride.apply(s);
      if (by != 0) {
        next.local[s] = c.allocateLocal(TypeKind.LONG);
        c.lload(at.local[s]).iload(index).i2l().loadConstant(by).lmul().ladd();
        c.lstore(next.local[s]);
      }
    }
    return next;
  }

  // ---- rows along a parallel axis; folds keep a row of partial results for each of their lanes

  private void rowwise(
      At at, Emission.Part length, Map<Node, Integer> bound, Map<Long, Integer> starts) {
    for (Fold f : nest.folds()) {
      int j = c.allocateLocal(TypeKind.INT);
      int step = vectorBits / 8;
      long bytes = f.lanes() * rowBytes;
      Emission.loop(
          c,
          j,
          c::iconst_0,
          () -> c.loadConstant((int) bytes),
          step,
          () -> {
            c.aload(starts.get(Folds.start(f.kind(), f.dtype())));
            VectorCode.store(c, f.dtype(), () -> pushScratch(f.states().getFirst(), j), -1);
          });
    }
    int r = c.allocateLocal(TypeKind.INT);
    c.iconst_0().istore(r);
    reduceLoops(
        0,
        at,
        inside -> {
          for (Pass p : nest.body().passes()) {
            row(p, nest.body(), inside, length, bound, r);
          }
          c.iinc(r, 1);
        });
    nest.folds().forEach(this::halve);
  }

  private void reduceLoops(int a, At at, java.util.function.Consumer<At> body) {
    if (a == nest.reduce().size()) {
      body.accept(at);
      return;
    }
    int index = c.allocateLocal(TypeKind.INT);
    Emission.loop(
        c,
        index,
        c::iconst_0,
        () -> c.loadConstant(nest.reduce().get(a)),
        1,
        () ->
            reduceLoops(a + 1, advance(at, index, s -> nest.slots().get(s).reduce().get(a)), body));
  }

  /** Folds rows of partial results in halves, whole rows at a time. */
  private void halve(Fold f) {
    for (int half = f.lanes() / 2; half > 0; half /= 2) {
      long bytes = half * rowBytes;
      int row = f.states().getFirst();
      int j = c.allocateLocal(TypeKind.INT);
      Emission.loop(
          c,
          j,
          c::iconst_0,
          () -> c.loadConstant((int) bytes),
          vectorBits / 8,
          () -> {
            VectorCode.load(c, f.dtype(), vectorBits, () -> pushScratch(row, j), -1);
            VectorCode.load(
                c,
                f.dtype(),
                vectorBits,
                () -> {
                  pushScratch(row, j);
                  c.loadConstant(bytes).ladd();
                },
                -1);
            combine(f);
            VectorCode.store(c, f.dtype(), () -> pushScratch(row, j), -1);
          });
    }
  }

  private void combine(Fold f) {
    String name =
        switch (f.kind()) {
          case SUM -> "add";
          case PROD -> "mul";
          case MAX -> "max";
          case MIN -> "min";
          case ANY, ALL, ARGMAX, ARGMIN -> throw new IllegalStateException(f.kind().name());
        };
    ClassDesc v = VectorCode.vector(f.dtype());
    c.invokevirtual(v, name, MethodTypeDesc.of(v, VectorCode.VECTOR));
  }

  /** Segment and byte offset of a row of scratch memory, plus an int local. */
  private void pushScratch(int row, int j) {
    c.aload(scratchSegment).loadConstant((long) rowOffset.get(row)).iload(j).i2l().ladd();
  }

  /** One pass over a row; {@code r} is a local with the point's number, or -1. */
  private void row(
      Pass p, Phase phase, At at, Emission.Part length, Map<Node, Integer> constants, int r) {
    Map<Node, Integer> bound = new HashMap<>(constants);
    VectorCode probe = code(p);
    broadcastFixed(p, phase, Along.ROW, at, probe, bound);
    int j = c.allocateLocal(TypeKind.INT);
    int main = c.allocateLocal(TypeKind.INT);
    length.emit();
    c.loadConstant(-width).iand().istore(main);
    Emission.loop(
        c, j, c::iconst_0, () -> c.iload(main), width, () -> group(p, phase, at, bound, j, r, -1));
    if (constantLength() && nest.tile() % width == 0) {
      return;
    }
    Label done = c.newLabel();
    if (!constantLength()) {
      c.iload(j);
      length.emit();
      c.if_icmpge(done);
    }
    int mask =
        VectorCode.mask(
            c,
            size == 8 ? DType.F64 : DType.F32,
            vectorBits,
            () -> {
              length.emit();
              c.iload(j).isub();
            });
    group(p, phase, at, bound, j, r, mask);
    c.labelBinding(done);
  }

  private void broadcastFixed(
      Pass p, Phase phase, Along along, At at, VectorCode probe, Map<Node, Integer> bound) {
    for (Node n : p.lanes().nodes()) {
      if (n.op != Op.LOAD || !probe.isLive(n)) {
        continue;
      }
      Transfer t = transfer(phase.loads(), (int) n.bits);
      if (t == null || stride(nest, t.slot(), along) != 0) {
        continue;
      }
      VectorCode.pushSpecies(c, n.dtype, vectorBits);
      c.aload(segments.get(nest.slots().get(t.slot()).buffer()));
      c.lload(at.local[t.slot()]);
      c.invokestatic(
          ClassDesc.of(Emission.PACKAGE + "Elements"),
          "get" + n.dtype.name(),
          MethodTypeDesc.of(element(n.dtype), Emission.SEGMENT, CD_long));
      VectorCode.broadcast(c, n.dtype);
      int local = c.allocateLocal(TypeKind.REFERENCE);
      c.astore(local);
      bound.put(n, local);
    }
  }

  private static ClassDesc element(DType t) {
    return switch (t) {
      case F32 -> CD_float;
      case F64 -> CD_double;
      case I32, BOOL -> CD_int;
      case I64 -> CD_long;
    };
  }

  private static @Nullable Transfer transfer(List<Transfer> list, int row) {
    for (Transfer t : list) {
      if (t.row() == row) {
        return t;
      }
    }
    return null;
  }

  private void pushAddress(At at, int slot, int j) {
    c.aload(segments.get(nest.slots().get(slot).buffer()));
    c.lload(at.local[slot]).iload(j).i2l().loadConstant(size == 8 ? 3 : 2).lshl().ladd();
  }

  private void pushState(int row, int r, int j) {
    int lanes = stateLanes(row);
    c.aload(scratchSegment).loadConstant((long) rowOffset.get(row));
    if (lanes > 1 && r >= 0) {
      c.iload(r).loadConstant(lanes - 1).iand().i2l().loadConstant(rowBytes).lmul().ladd();
    }
    c.iload(j).i2l().loadConstant(size == 8 ? 3 : 2).lshl().ladd();
  }

  private int stateLanes(int row) {
    for (Fold f : nest.folds()) {
      if (f.states().getFirst() == row) {
        return f.lanes();
      }
    }
    return 1;
  }

  private void group(Pass p, Phase phase, At at, Map<Node, Integer> bound, int j, int r, int mask) {
    VectorCode v = code(p);
    bound.forEach(v::bind);
    for (Node n : p.lanes().nodes()) {
      if ((n.op != Op.LOAD && n.op != Op.STATE) || !v.isLive(n) || v.isBound(n)) {
        continue;
      }
      Transfer t = n.op == Op.LOAD ? transfer(phase.loads(), (int) n.bits) : null;
      VectorCode.load(
          c,
          n.dtype,
          vectorBits,
          t != null
              ? () -> pushAddress(at, t.slot(), j)
              : () -> pushState((int) n.bits, n.op == Op.STATE ? r : -1, j),
          mask >= 0 ? maskFor(n.dtype, mask) : -1);
      int local = c.allocateLocal(TypeKind.REFERENCE);
      c.astore(local);
      v.bind(n, local);
    }
    v.shared();
    for (Effect e : p.effects()) {
      v.push(e.value());
      int m = mask >= 0 ? maskFor(e.value().dtype, mask) : -1;
      switch (e) {
        case Effect.Store s -> {
          Transfer t = java.util.Objects.requireNonNull(transfer(phase.stores(), s.row()));
          VectorCode.store(c, s.value().dtype, () -> pushAddress(at, t.slot(), j), m);
        }
        case Effect.Accumulate a ->
            VectorCode.store(c, a.value().dtype, () -> pushState(a.state(), r, j), m);
        case Effect.Scatter _, Effect.Check _ -> throw new IllegalStateException(e.toString());
      }
    }
  }

  // Masks belong to one element type; the integers of the same width need their own.
  private int maskFor(DType t, int floatMask) {
    if (t.isFloat()) {
      return floatMask;
    }
    int local = c.allocateLocal(TypeKind.REFERENCE);
    c.aload(floatMask);
    VectorCode.pushSpecies(c, t, vectorBits);
    c.invokevirtual(
        VectorCode.MASK, "cast", MethodTypeDesc.of(VectorCode.MASK, VectorCode.SPECIES));
    c.astore(local);
    return local;
  }

  // ---- rows along the folded axis; each vector lane keeps a partial result

  private void foldwise(
      At at, Emission.Part length, Map<Node, Integer> constants, Map<Long, Integer> starts) {
    Pass p = nest.body().passes().getFirst();
    int lanes = nest.folds().getFirst().lanes();
    int groups = lanes / width;
    int point = c.allocateLocal(TypeKind.INT);
    Emission.loop(
        c,
        point,
        c::iconst_0,
        length,
        1,
        () -> {
          At here = advance(at, point, s -> nest.slots().get(s).row());
          Map<Integer, int[]> partial = new HashMap<>();
          for (Fold f : nest.folds()) {
            int[] locals = new int[groups];
            for (int g = 0; g < groups; g++) {
              locals[g] = c.allocateLocal(TypeKind.REFERENCE);
              c.aload(starts.get(Folds.start(f.kind(), f.dtype()))).astore(locals[g]);
            }
            partial.put(f.states().getFirst(), locals);
          }
          reduceLoops(0, here, inside -> foldRow(p, inside, constants, partial, groups));
          for (Fold f : nest.folds()) {
            finish(f, partial.get(f.states().getFirst()), point);
          }
        });
  }

  private void foldRow(
      Pass p, At at, Map<Node, Integer> constants, Map<Integer, int[]> partial, int groups) {
    Map<Node, Integer> bound = new HashMap<>(constants);
    broadcastFixed(p, nest.body(), Along.FOLD, at, code(p), bound);
    int step = groups * width;
    int main = nest.inner() / step * step;
    int j = c.allocateLocal(TypeKind.INT);
    Emission.loop(
        c,
        j,
        c::iconst_0,
        () -> c.loadConstant(main),
        step,
        () -> {
          for (int g = 0; g < groups; g++) {
            foldGroup(p, at, bound, partial, g, j, -1);
          }
        });
    for (int g = 0; g < groups && main + g * width < nest.inner(); g++) {
      int left = nest.inner() - main - g * width;
      int mask =
          left >= width
              ? -1
              : VectorCode.mask(
                  c, size == 8 ? DType.F64 : DType.F32, vectorBits, () -> c.loadConstant(left));
      foldGroup(p, at, bound, partial, g, j, mask);
    }
  }

  private void foldGroup(
      Pass p,
      At at,
      Map<Node, Integer> bound,
      Map<Integer, int[]> partial,
      int g,
      int j,
      int mask) {
    int jg = j;
    if (g > 0) {
      jg = c.allocateLocal(TypeKind.INT);
      c.iload(j).loadConstant(g * width).iadd().istore(jg);
    }
    int position = jg;
    VectorCode v = code(p);
    bound.forEach(v::bind);
    for (Node n : p.lanes().nodes()) {
      if (!v.isLive(n) || v.isBound(n)) {
        continue;
      }
      if (n.op == Op.STATE) {
        v.bind(n, java.util.Objects.requireNonNull(partial.get((int) n.bits))[g]);
      } else if (n.op == Op.LOAD) {
        Transfer t = java.util.Objects.requireNonNull(transfer(nest.body().loads(), (int) n.bits));
        VectorCode.load(
            c,
            n.dtype,
            vectorBits,
            () -> pushAddress(at, t.slot(), position),
            mask >= 0 ? maskFor(n.dtype, mask) : -1);
        int local = c.allocateLocal(TypeKind.REFERENCE);
        c.astore(local);
        v.bind(n, local);
      }
    }
    v.shared();
    List<Integer> states = new ArrayList<>();
    for (Effect e : p.effects()) {
      switch (e) {
        case Effect.Store s -> {
          v.push(s.value());
          Transfer t = java.util.Objects.requireNonNull(transfer(nest.body().stores(), s.row()));
          VectorCode.store(
              c,
              s.value().dtype,
              () -> pushAddress(at, t.slot(), position),
              mask >= 0 ? maskFor(s.value().dtype, mask) : -1);
        }
        case Effect.Accumulate a -> {
          int local = java.util.Objects.requireNonNull(partial.get(a.state()))[g];
          if (mask >= 0) {
            ClassDesc vector = VectorCode.vector(a.value().dtype);
            c.aload(local);
            v.push(a.value());
            c.aload(mask);
            c.invokevirtual(
                vector, "blend", MethodTypeDesc.of(vector, VectorCode.VECTOR, VectorCode.MASK));
          } else {
            v.push(a.value());
          }
          c.astore(local);
          states.add(a.state());
        }
        case Effect.Scatter _, Effect.Check _ -> throw new IllegalStateException(e.toString());
      }
    }
  }

  private void finish(Fold f, int[] partial, int point) {
    int state = f.states().getFirst();
    for (int g = 0; g < partial.length; g++) {
      long offset = rowOffset.get(state) + g * vectorBits / 8;
      c.aload(partial[g]);
      VectorCode.store(c, f.dtype(), () -> c.aload(scratchSegment).loadConstant(offset), -1);
    }
    c.aload(scratchSegment).loadConstant((long) rowOffset.get(state));
    c.getstatic(KIND, f.kind().name(), KIND);
    c.loadConstant(f.lanes());
    c.loadConstant((long) rowOffset.get(f.result()));
    c.iload(point).i2l().loadConstant((long) size).lmul().ladd();
    c.invokestatic(
        ClassDesc.of(Emission.PACKAGE + "VectorFolds"),
        "finish" + f.dtype().name(),
        MethodTypeDesc.of(CD_void, Emission.SEGMENT, CD_long, KIND, CD_int, CD_long));
  }
}
