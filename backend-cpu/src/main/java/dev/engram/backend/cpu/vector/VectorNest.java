package dev.engram.backend.cpu.vector;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Effect;
import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.nest.RowNest.Pass;
import dev.engram.backend.cpu.nest.RowNest.Phase;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.nest.VectorFit;
import dev.engram.backend.cpu.run.FoldStarts;
import dev.engram.backend.cpu.run.Kernel;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.lower.lanes.LaneProgram.Node;
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
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Generates a nest as one class of vector code: all loops, with the body's rows in vectors. */
public final class VectorNest {
  static final MethodTypeDesc RUN =
      MethodTypeDesc.of(CD_void, KernelArgs.DESC, Scratch.DESC, CD_int, CD_int);
  private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");

  // parameters of `run`
  private static final int FRAME = 1;
  static final int SCRATCH = 2;
  private static final int BEGIN = 3;
  private static final int END = 4;

  final RowNest nest;
  final int vectorBits;
  final int size;
  final int width;
  private final HiddenClassWriter emission = new HiddenClassWriter("GeneratedNest");
  final Map<Integer, Integer> segments = new HashMap<>();
  final Map<Integer, Long> rowOffset = new HashMap<>();
  final long rowBytes;
  private long scratchBytes;
  int scratchSegment = -1;
  private CodeBuilder c;
  private VectorRow rows;
  private FoldStarts starts;
  private final List<VectorBlocks> blocks = new ArrayList<>();

  /** The locals with every slot's offset at some depth of the loops. */
  record At(int[] local) {}

  private VectorNest(RowNest nest, int vectorBits, int size) {
    this.nest = nest;
    this.vectorBits = vectorBits;
    this.size = size;
    this.width = vectorBits / 8 / size;
    this.rowBytes = (nest.tile() * (long) size + 63) / 64 * 64;
  }

  /**
   * Writes the class; returns null if it would be too large. {@code size} is {@link
   * VectorFit#elementBytes}.
   */
  static @Nullable public Written write(RowNest nest, int vectorBits, int size) {
    return VectorFit.fitsWidth(nest, vectorBits, size)
        ? new VectorNest(nest, vectorBits, size).write()
        : null;
  }

  /** The bytes of the class, and the writer that instantiates it. */
  public record Written(HiddenClassWriter emission, byte[] bytes) {
    public Kernel kernel() {
      return emission.instantiate(bytes, Kernel.class);
    }
  }

  private @Nullable Written write() {
    byte[] bytes =
        emission.write(
            HiddenClassWriter.desc(Kernel.class),
            cb -> cb.withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, this::run));
    return HiddenClassWriter.largestMethod(bytes) <= HiddenClassWriter.METHOD_BUDGET
        ? new Written(emission, bytes)
        : null;
  }

  private void run(CodeBuilder code) {
    c = code;
    layOut();
    for (Slot s : nest.slots()) {
      if (s.buffer() >= 0 && !segments.containsKey(s.buffer())) {
        int local = c.allocateLocal(TypeKind.REFERENCE);
        c.aload(FRAME).getfield(KernelArgs.DESC, "segments", HiddenClassWriter.SEGMENT.arrayType());
        c.loadConstant(s.buffer()).aaload().astore(local);
        emission.expectNative(c, local);
        segments.put(s.buffer(), local);
      }
    }
    if (scratchBytes > 0) {
      scratchSegment = c.allocateLocal(TypeKind.REFERENCE);
      c.aload(SCRATCH).loadConstant(scratchBytes);
      c.invokevirtual(
          Scratch.DESC, "memory", MethodTypeDesc.of(HiddenClassWriter.SEGMENT, CD_long));
      c.astore(scratchSegment);
      emission.expectNative(c, scratchSegment);
    }
    rows = new VectorRow(this, c);
    Map<Node, Integer> body = constants(nest.body());
    Map<Node, Integer> epilogue = constants(nest.epilogue());
    starts = FoldStarts.load(c, nest.folds(), vectorBits);
    for (Fold f : nest.folds()) {
      if (f.isCut()) {
        blocks.add(new VectorBlocks(this, c, f, blocks.size()));
      }
    }
    At base = new At(new int[nest.slots().size()]);
    for (int s = 0; s < base.local.length; s++) {
      base.local[s] = c.allocateLocal(TypeKind.LONG);
      c.aload(FRAME).getfield(KernelArgs.DESC, "base", CD_long.arrayType());
      c.loadConstant(s).laload().lstore(base.local[s]);
    }
    int q = c.allocateLocal(TypeKind.INT);
    HiddenClassWriter.loop(
        c,
        q,
        () -> c.iload(BEGIN),
        () -> c.iload(END),
        1,
        () -> outerPoint(q, base, body, epilogue));
    c.return_();
  }

  /** Assigns rows in scratch memory to every fold. */
  private void layOut() {
    for (Fold f : nest.folds()) {
      int state = f.states().getFirst();
      rowOffset.put(state, scratchBytes);
      scratchBytes += nest.along() == Along.ROW ? f.lanes() * rowBytes : 128;
      if (f.isCut()) {
        rowOffset.put(f.waiting(), scratchBytes);
        scratchBytes += VectorBlocks.scratchBytes(this, f);
      }
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

  VectorCode code(Pass p) {
    return new VectorCode(
        c, p.lanes(), p.effects().stream().map(Effect::value).toList(), emission, vectorBits);
  }

  private void outerPoint(int q, At base, Map<Node, Integer> body, Map<Node, Integer> epilogue) {
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
    HiddenClassWriter.Part length = length(index);
    if (nest.along() == Along.ROW) {
      rowwise(at, length, body);
    } else {
      foldwise(at, length, body);
    }
    for (Pass p : nest.epilogue().passes()) {
      rows.row(p, nest.epilogue(), at, length, epilogue, -1);
    }
  }

  boolean constantLength() {
    return !nest.tiled() || nest.rowLength() % nest.tile() == 0;
  }

  /** Returns the part that pushes the number of the row's elements. */
  private HiddenClassWriter.Part length(int[] index) {
    if (constantLength()) {
      return () -> c.loadConstant(nest.tile());
    }
    int local = c.allocateLocal(TypeKind.INT);
    c.loadConstant(nest.tile()).loadConstant(nest.rowLength());
    c.iload(index[index.length - 1]).loadConstant(nest.tile()).imul().isub();
    c.invokestatic(MATH, "min", MethodTypeDesc.of(CD_int, CD_int, CD_int));
    c.istore(local);
    return () -> c.iload(local);
  }

  private At advance(At at, int index, IntFunction<Long> stride) {
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

  private void rowwise(At at, HiddenClassWriter.Part length, Map<Node, Integer> bound) {
    for (Fold f : nest.folds()) {
      int j = c.allocateLocal(TypeKind.INT);
      int step = vectorBits / 8;
      long bytes = f.lanes() * rowBytes;
      HiddenClassWriter.loop(
          c,
          j,
          c::iconst_0,
          () -> c.loadConstant((int) bytes),
          step,
          () -> {
            c.aload(starts.of(f));
            VectorCode.store(c, f.dtype(), () -> pushScratch(f.states().getFirst(), j), -1);
          });
    }
    blocks.forEach(VectorBlocks::start);
    int r = c.allocateLocal(TypeKind.INT);
    c.iconst_0().istore(r);
    reduceLoops(
        0,
        at,
        inside -> {
          for (Pass p : nest.body().passes()) {
            rows.row(p, nest.body(), inside, length, bound, r);
          }
          c.iinc(r, 1);
        });
    blocks.forEach(VectorBlocks::rowsFinished);
    nest.folds().forEach(this::halve);
  }

  /**
   * Emits code that adds the offset of the partial results of {@code state} to the offset on the
   * stack.
   */
  void addWaiting(int state) {
    for (VectorBlocks b : blocks) {
      if (b.fold().states().getFirst() == state) {
        b.pushWaiting();
        c.ladd();
      }
    }
  }

  private void reduceLoops(int a, At at, Consumer<At> body) {
    if (a == nest.reduce().size()) {
      body.accept(at);
      return;
    }
    int index = c.allocateLocal(TypeKind.INT);
    int length = nest.reduce().get(a);
    HiddenClassWriter.Part inside =
        () ->
            reduceLoops(a + 1, advance(at, index, s -> nest.slots().get(s).reduce().get(a)), body);
    if (nest.along() == Along.ROW && a + 1 == nest.reduce().size() && hasBlocks()) {
      byBlocks(index, length, 1, VectorBlocks::rowsReady, inside);
    } else {
      HiddenClassWriter.loop(c, index, c::iconst_0, () -> c.loadConstant(length), 1, inside);
    }
  }

  /** Emits a loop over {@code length} points, split where blocks end. */
  void byBlocks(
      int index, int length, int step, Consumer<VectorBlocks> ready, HiddenClassWriter.Part body) {
    int from = c.allocateLocal(TypeKind.INT);
    int to = c.allocateLocal(TypeKind.INT);
    Label head = c.newLabel();
    Label done = c.newLabel();
    c.iconst_0().istore(index);
    c.labelBinding(head);
    c.iload(index).loadConstant(length).if_icmpge(done);
    blocks.forEach(ready);
    c.iload(index).istore(from);
    c.loadConstant(length).iload(from).isub().i2l();
    for (VectorBlocks b : blocks) {
      b.pushLeft();
      c.invokestatic(MATH, "min", MethodTypeDesc.of(CD_long, CD_long, CD_long));
    }
    c.l2i().iload(from).iadd().istore(to);
    HiddenClassWriter.loop(c, index, () -> c.iload(from), () -> c.iload(to), step, body);
    blocks.forEach(b -> b.done(() -> c.iload(to).iload(from).isub().i2l()));
    c.goto_(head);
    c.labelBinding(done);
  }

  /** Emits code that folds rows of partial results in halves, whole rows at a time. */
  private void halve(Fold f) {
    for (int half = f.lanes() / 2; half > 0; half /= 2) {
      long bytes = half * rowBytes;
      int row = f.states().getFirst();
      int j = c.allocateLocal(TypeKind.INT);
      HiddenClassWriter.loop(
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

  /** Pushes the initial vector of {@code f}. */
  void pushStart(Fold f) {
    c.aload(starts.of(f));
  }

  /** Combines two vectors on the stack. */
  void combine(Fold f) {
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

  /** Pushes the segment and byte offset of a row of scratch memory, plus an int local. */
  private void pushScratch(int row, int j) {
    c.aload(scratchSegment).loadConstant((long) rowOffset.get(row)).iload(j).i2l().ladd();
  }

  // ---- rows along the folded axis; each vector lane keeps a partial result

  private void foldwise(At at, HiddenClassWriter.Part length, Map<Node, Integer> constants) {
    Pass p = nest.body().passes().getFirst();
    int lanes = nest.folds().getFirst().lanes();
    int groups = lanes / width;
    int point = c.allocateLocal(TypeKind.INT);
    HiddenClassWriter.loop(
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
              c.aload(starts.of(f)).astore(locals[g]);
            }
            partial.put(f.states().getFirst(), locals);
          }
          blocks.forEach(VectorBlocks::start);
          reduceLoops(0, here, inside -> rows.foldRow(p, inside, constants, partial, groups));
          blocks.forEach(b -> b.vectorsFinished(partial.get(b.fold().states().getFirst())));
          for (Fold f : nest.folds()) {
            finish(f, partial.get(f.states().getFirst()), point);
          }
        });
  }

  /** Emits code before points of a row along the folded axis. */
  void vectorsReady(Map<Integer, int[]> partial) {
    blocks.forEach(b -> b.vectorsReady(partial.get(b.fold().states().getFirst())));
  }

  boolean hasBlocks() {
    return !blocks.isEmpty();
  }

  // Partial results are folded in halves: vectors while there are several, then lanes.
  private void finish(Fold f, int[] partial, int point) {
    for (int half = partial.length / 2; half > 0; half /= 2) {
      for (int g = 0; g < half; g++) {
        c.aload(partial[g]).aload(partial[g + half]);
        combine(f);
        c.astore(partial[g]);
      }
    }
    long row = rowOffset.get(f.states().getFirst());
    c.aload(partial[0]);
    VectorCode.store(c, f.dtype(), () -> c.aload(scratchSegment).loadConstant(row), -1);
    c.aload(scratchSegment).loadConstant((long) rowOffset.get(f.result()));
    c.iload(point).i2l().loadConstant((long) size).lmul().ladd();
    VectorFolds.pushFolded(
        c, f, width, lane -> c.aload(scratchSegment).loadConstant(row + (long) lane * size));
    VectorFolds.put(c, f.dtype());
  }
}
