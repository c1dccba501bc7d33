package dev.engram.backend.cpu.vector;

import static java.lang.constant.ConstantDescs.CD_long;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Effect;
import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.nest.RowNest.Pass;
import dev.engram.backend.cpu.nest.RowNest.Phase;
import dev.engram.backend.cpu.nest.RowNest.Transfer;
import dev.engram.backend.cpu.nest.VectorFit;
import dev.engram.backend.cpu.run.Elements;
import dev.engram.backend.cpu.scalar.ScalarCode;
import dev.engram.ir.DType;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Emits passes over one row of a {@link VectorNest}: whole vectors, then a masked tail. */
final class VectorRow {
  private final VectorNest host;
  private final RowNest nest;
  private final int vectorBits;
  private final int size;
  private final int width;
  private final CodeBuilder c;

  /** The locals with the memory of the current row, where its length is known. */
  private final Map<Memory, Integer> slices = new HashMap<>();

  /**
   * Memory of a row: that of a slot, or of a fold in scratch memory.
   *
   * @param r a local with the index of the point, which decides where a fold's row is, or -1
   */
  private record Memory(boolean ofFold, int number, int r) {
    static Memory slot(int slot) {
      return new Memory(false, slot, -1);
    }
  }

  VectorRow(VectorNest host, CodeBuilder code) {
    this.host = host;
    this.nest = host.nest;
    this.vectorBits = host.vectorBits;
    this.size = host.size;
    this.width = host.width;
    this.c = code;
  }

  /** Emits one pass over a row; {@code r} is a local with the index of the point, or -1. */
  void row(
      Pass p,
      Phase phase,
      VectorNest.At at,
      HiddenClassWriter.Part length,
      Map<Node, Integer> constants,
      int r) {
    Map<Node, Integer> bound = new HashMap<>(constants);
    VectorCode probe = host.code(p);
    broadcastFixed(p, phase, Along.ROW, at, probe, bound);
    slice(p, phase, Along.ROW, at, bound.keySet(), r);
    int j = c.allocateLocal(TypeKind.INT);
    int main = c.allocateLocal(TypeKind.INT);
    length.emit();
    c.loadConstant(-width).iand().istore(main);
    HiddenClassWriter.loop(
        c, j, c::iconst_0, () -> c.iload(main), width, () -> group(p, phase, at, bound, j, r, -1));
    if (host.constantLength() && nest.tile() % width == 0) {
      return;
    }
    Label done = c.newLabel();
    if (!host.constantLength()) {
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

  private void group(
      Pass p, Phase phase, VectorNest.At at, Map<Node, Integer> bound, int j, int r, int mask) {
    VectorCode v = host.code(p);
    bound.forEach(v::bind);
    indices(p, v, at, j, Along.ROW);
    for (Node n : p.lanes().nodes()) {
      if ((n.op != Op.LOAD && n.op != Op.STATE) || !v.isLive(n) || v.isBound(n)) {
        continue;
      }
      VectorCode.load(
          c,
          n.dtype,
          vectorBits,
          () -> push(read(n, phase, r), at, j),
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
        case Effect.Store s ->
            VectorCode.store(
                c, s.value().dtype, () -> push(Memory.slot(stored(s, phase)), at, j), m);
        case Effect.Accumulate a ->
            VectorCode.store(
                c, a.value().dtype, () -> push(new Memory(true, a.state(), r), at, j), m);
        case Effect.Scatter _, Effect.Check _ -> throw new IllegalStateException(e.toString());
      }
    }
  }

  /** Binds the indices of the vector from element {@code j} on. */
  private void indices(Pass p, VectorCode v, VectorNest.At at, int j, Along along) {
    for (Node n : p.lanes().nodes()) {
      if (n.op != Op.INDEX || !v.isLive(n)) {
        continue;
      }
      int slot = (int) n.bits;
      int stride = Math.toIntExact(VectorFit.stride(nest, slot, along));
      VectorCode.indices(
          c,
          n.dtype,
          vectorBits,
          () -> {
            c.lload(at.local()[slot]);
            if (stride != 0) {
              c.iload(j).i2l().loadConstant((long) stride).lmul().ladd();
            }
          },
          stride);
      int local = c.allocateLocal(TypeKind.REFERENCE);
      c.astore(local);
      v.bind(n, local);
    }
  }

  void foldRow(
      Pass p,
      VectorNest.At at,
      Map<Node, Integer> constants,
      Map<Integer, int[]> partial,
      int groups) {
    Map<Node, Integer> bound = new HashMap<>(constants);
    broadcastFixed(p, nest.body(), Along.FOLD, at, host.code(p), bound);
    slice(p, nest.body(), Along.FOLD, at, bound.keySet(), -1);
    int step = groups * width;
    int main = nest.inner() / step * step;
    int j = c.allocateLocal(TypeKind.INT);
    HiddenClassWriter.Part body =
        () -> {
          for (int g = 0; g < groups; g++) {
            foldGroup(p, at, bound, partial, g, j, -1);
          }
        };
    if (host.hasBlocks()) {
      host.byBlocks(
          j, main, step, b -> b.vectorsReady(partial.get(b.fold().states().getFirst())), body);
    } else {
      HiddenClassWriter.loop(c, j, c::iconst_0, () -> c.loadConstant(main), step, body);
    }
    if (main < nest.inner()) {
      host.vectorsReady(partial);
    }
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
      VectorNest.At at,
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
    VectorCode v = host.code(p);
    bound.forEach(v::bind);
    indices(p, v, at, position, Along.FOLD);
    for (Node n : p.lanes().nodes()) {
      if (!v.isLive(n) || v.isBound(n)) {
        continue;
      }
      if (n.op == Op.STATE) {
        v.bind(n, Objects.requireNonNull(partial.get((int) n.bits))[g]);
      } else if (n.op == Op.LOAD) {
        VectorCode.load(
            c,
            n.dtype,
            vectorBits,
            () -> push(read(n, nest.body(), -1), at, position),
            mask >= 0 ? maskFor(n.dtype, mask) : -1);
        int local = c.allocateLocal(TypeKind.REFERENCE);
        c.astore(local);
        v.bind(n, local);
      }
    }
    v.shared();
    for (Effect e : p.effects()) {
      switch (e) {
        case Effect.Store s -> {
          v.push(s.value());
          VectorCode.store(
              c,
              s.value().dtype,
              () -> push(Memory.slot(stored(s, nest.body())), at, position),
              mask >= 0 ? maskFor(s.value().dtype, mask) : -1);
        }
        case Effect.Accumulate a -> {
          int local = Objects.requireNonNull(partial.get(a.state()))[g];
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
        }
        case Effect.Scatter _, Effect.Check _ -> throw new IllegalStateException(e.toString());
      }
    }
  }

  private void broadcastFixed(
      Pass p,
      Phase phase,
      Along along,
      VectorNest.At at,
      VectorCode probe,
      Map<Node, Integer> bound) {
    for (Node n : p.lanes().nodes()) {
      if (n.op != Op.LOAD || !probe.isLive(n)) {
        continue;
      }
      Transfer t = transfer(phase.loads(), (int) n.bits);
      if (t == null || VectorFit.stride(nest, t.slot(), along) != 0) {
        continue;
      }
      VectorCode.pushSpecies(c, n.dtype, vectorBits);
      c.aload(host.segments.get(nest.slots().get(t.slot()).buffer()));
      c.lload(at.local()[t.slot()]);
      c.invokestatic(
          HiddenClassWriter.desc(Elements.class),
          "get" + n.dtype.name(),
          MethodTypeDesc.of(ScalarCode.desc(n.dtype), HiddenClassWriter.SEGMENT, CD_long));
      VectorCode.broadcast(c, n.dtype);
      int local = c.allocateLocal(TypeKind.REFERENCE);
      c.astore(local);
      bound.put(n, local);
    }
  }

  /**
   * Emits a slice of each operand's row, rounded up to whole vectors, where its length is known.
   * Its bounds are checked once here; without it the JIT would compute in each row up to which
   * element no check is needed. Partial results along a fold are in registers and need none.
   */
  private void slice(Pass p, Phase phase, Along along, VectorNest.At at, Set<Node> bound, int r) {
    slices.clear();
    if (along == Along.ROW && !host.constantLength()) {
      return;
    }
    int length = along == Along.ROW ? nest.tile() : nest.inner();
    long bytes = (long) (length + width - 1) / width * width * size;
    VectorCode probe = host.code(p);
    for (Node n : p.lanes().nodes()) {
      boolean reads = n.op == Op.LOAD || (n.op == Op.STATE && along == Along.ROW);
      if (reads && probe.isLive(n) && !bound.contains(n)) {
        slice(read(n, phase, r), at, bytes);
      }
    }
    for (Effect e : p.effects()) {
      switch (e) {
        case Effect.Store s -> slice(Memory.slot(stored(s, phase)), at, bytes);
        case Effect.Accumulate a -> {
          if (along == Along.ROW) {
            slice(new Memory(true, a.state(), r), at, bytes);
          }
        }
        case Effect.Scatter _, Effect.Check _ -> throw new IllegalStateException(e.toString());
      }
    }
  }

  private void slice(Memory m, VectorNest.At at, long bytes) {
    if (slices.containsKey(m)) {
      return;
    }
    pushStart(m, at);
    c.loadConstant(bytes);
    c.invokeinterface(
        HiddenClassWriter.SEGMENT,
        "asSlice",
        MethodTypeDesc.of(HiddenClassWriter.SEGMENT, CD_long, CD_long));
    int local = c.allocateLocal(TypeKind.REFERENCE);
    c.astore(local);
    slices.put(m, local);
  }

  private static Memory read(Node n, Phase phase, int r) {
    Transfer t = n.op == Op.LOAD ? transfer(phase.loads(), (int) n.bits) : null;
    return t != null
        ? Memory.slot(t.slot())
        : new Memory(true, (int) n.bits, n.op == Op.STATE ? r : -1);
  }

  private static int stored(Effect.Store s, Phase phase) {
    return Objects.requireNonNull(transfer(phase.stores(), s.row())).slot();
  }

  /** Pushes where element {@code j} is: a segment and an offset in it. */
  private void push(Memory m, VectorNest.At at, int j) {
    Integer row = slices.get(m);
    if (row != null) {
      c.aload(row);
      pushBytes(j);
    } else {
      pushStart(m, at);
      pushBytes(j);
      c.ladd();
    }
  }

  private void pushBytes(int j) {
    c.iload(j).i2l().loadConstant(size == 8 ? 3 : 2).lshl();
  }

  /** Pushes where the row starts. */
  private void pushStart(Memory m, VectorNest.At at) {
    if (!m.ofFold) {
      c.aload(host.segments.get(nest.slots().get(m.number).buffer()));
      c.lload(at.local()[m.number]);
      return;
    }
    int lanes = stateLanes(m.number);
    c.aload(host.scratchSegment).loadConstant((long) host.rowOffset.get(m.number));
    if (lanes > 1 && m.r >= 0) {
      c.iload(m.r).loadConstant(lanes - 1).iand().i2l().loadConstant(host.rowBytes).lmul().ladd();
    }
    if (m.r >= 0) {
      host.addWaiting(m.number);
    }
  }

  private int stateLanes(int row) {
    for (Fold f : nest.folds()) {
      if (f.states().getFirst() == row) {
        return f.lanes();
      }
    }
    return 1;
  }

  // Masks belong to one element type; the integers of the same width need their own.
  private int maskFor(DType t, int floatMask) {
    if (t.isFloat()) {
      return floatMask;
    }
    int local = c.allocateLocal(TypeKind.REFERENCE);
    c.aload(floatMask);
    VectorCode.cast(c, t, vectorBits);
    c.astore(local);
    return local;
  }

  private static @Nullable Transfer transfer(List<Transfer> list, int row) {
    for (Transfer t : list) {
      if (t.row() == row) {
        return t;
      }
    }
    return null;
  }
}
