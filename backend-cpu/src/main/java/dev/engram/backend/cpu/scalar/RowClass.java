package dev.engram.backend.cpu.scalar;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.code.LaneCode;
import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Effect;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.run.Elements;
import dev.engram.backend.cpu.run.RowFunction;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.ir.DType;
import dev.engram.ir.op.Index;
import dev.engram.lower.lanes.LaneProgram;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Generates one pass over rows as a class: a loop over arrays. */
public final class RowClass implements ScalarCode.Surroundings {
  private static final MethodTypeDesc ROW = MethodTypeDesc.of(CD_void, Scratch.DESC, CD_int);
  private static final ClassDesc COMBINE = HiddenClassWriter.desc(Index.Combine.class);

  // parameters and locals of `row`
  private static final int SCRATCH = 1;
  private static final int LENGTH = 2;

  private final RowNest nest;
  private final RowNest.Pass pass;
  private final boolean isBody;
  private final HiddenClassWriter emission = new HiddenClassWriter("GeneratedRow");
  private final Map<Integer, Integer> arrays = new HashMap<>();
  private final Map<Integer, Integer> bases = new HashMap<>();
  private final Map<Integer, Integer> segments = new HashMap<>();
  private final Map<Node, Integer> fixed = new HashMap<>();
  private final boolean[] isFixed;
  private CodeBuilder c;
  private int i;

  private RowClass(RowNest nest, RowNest.Pass pass, boolean isBody) {
    this.nest = nest;
    this.pass = pass;
    this.isBody = isBody;
    this.isFixed = new boolean[nest.rows().size()];
    RowNest.Phase phase = isBody ? nest.body() : nest.epilogue();
    for (RowNest.Transfer t : phase.loads()) {
      isFixed[t.row()] = stride(t.slot()) == 0;
    }
  }

  /** The bytes of the class, and the writer that instantiates it. */
  public record Written(HiddenClassWriter emission, byte[] bytes) {
    public RowFunction function() {
      return emission.instantiate(bytes, RowFunction.class);
    }
  }

  public static Written write(RowNest nest, RowNest.Pass pass, boolean isBody) {
    return new RowClass(nest, pass, isBody).write();
  }

  private long stride(int slot) {
    return isBody ? nest.bodyStride(slot) : nest.slots().get(slot).row();
  }

  private boolean foldwise() {
    return isBody && nest.along() == Along.FOLD;
  }

  private Written write() {
    byte[] bytes =
        emission.write(
            HiddenClassWriter.desc(RowFunction.class),
            cb -> cb.withMethodBody("row", ROW, ClassFile.ACC_PUBLIC, this::row));
    return new Written(emission, bytes);
  }

  private List<Node> outputs() {
    return pass.effects().stream()
        .<Node>mapMulti(
            (e, out) -> {
              out.accept(e.value());
              if (e instanceof Effect.Scatter s) {
                out.accept(s.index());
              }
            })
        .toList();
  }

  private void row(CodeBuilder code) {
    c = code;
    LaneCode live = new ScalarCode(c, pass.lanes(), outputs(), emission, this);
    for (Node n : pass.lanes().nodes()) {
      if (live.isLive(n)) {
        prepare(n);
      }
    }
    for (Effect e : pass.effects()) {
      switch (e) {
        case Effect.Store s -> array(s.row());
        case Effect.Accumulate a -> array(a.state());
        case Effect.Scatter s -> {
          base(s.slot());
          segment(s.slot());
        }
        case Effect.Check k -> {
          base(k.point());
          base(k.position());
        }
      }
    }
    int state = lanesOffset();
    i = c.allocateLocal(TypeKind.INT);
    HiddenClassWriter.loop(c, i, c::iconst_0, () -> c.iload(LENGTH), 1, () -> element(state));
    keepStates(live);
    c.return_();
  }

  /** Emits code before the loop that loads what a node needs into locals. */
  private void prepare(Node n) {
    switch (n.op) {
      case LOAD, STATE -> {
        int row = (int) n.bits;
        array(row);
        if (n.op == Op.LOAD ? isFixed[row] : keptInLocal(row)) {
          c.aload(arrays.get(row)).iconst_0();
          ScalarCode.loadElement(c, n.dtype);
          int slot = c.allocateLocal(ScalarCode.kind(n.dtype));
          c.storeLocal(ScalarCode.kind(n.dtype), slot);
          fixed.put(n, slot);
        }
      }
      case INDEX, RANDOM -> base((int) n.bits);
      case GATHER -> {
        LaneProgram.Gather g = (LaneProgram.Gather) n.payload();
        base(g.slot());
        segment(g.slot());
      }
      case CONST, ADD, SUB, MUL, DIV, FMA, SQRT, ABS, NEG, MAX, MIN, SELECT, PATCH -> {}
      case FROM_BITS, TO_BITS, AND, OR, XOR, SHL, USHR, LT, LE, EQ, NE, NOT, BOTH -> {}
      case EITHER, COUNTER, CONVERT, CALL -> {}
    }
  }

  /** True when an accumulator stays in a local: with one lane along the folded axis. */
  private boolean keptInLocal(int row) {
    return foldwise() && nest.rows().get(row).length() == 1;
  }

  private void array(int row) {
    if (!arrays.containsKey(row)) {
      ClassDesc type = arrayOf(nest.rows().get(row).dtype());
      int slot = c.allocateLocal(TypeKind.REFERENCE);
      c.aload(SCRATCH).getfield(Scratch.DESC, "rows", CD_Object.arrayType());
      c.loadConstant(row).aaload().checkcast(type).astore(slot);
      arrays.put(row, slot);
    }
  }

  private static ClassDesc arrayOf(DType t) {
    return ScalarCode.elementKind(t).upperBound().arrayType();
  }

  private void base(int slot) {
    if (!bases.containsKey(slot)) {
      int local = c.allocateLocal(TypeKind.LONG);
      c.aload(SCRATCH).getfield(Scratch.DESC, "at", CD_long.arrayType());
      c.loadConstant(slot).laload().lstore(local);
      bases.put(slot, local);
    }
  }

  private void segment(int slot) {
    int buffer = nest.slots().get(slot).buffer();
    if (!segments.containsKey(buffer)) {
      int local = c.allocateLocal(TypeKind.REFERENCE);
      c.aload(SCRATCH).getfield(Scratch.DESC, "segments", HiddenClassWriter.SEGMENT.arrayType());
      c.loadConstant(buffer).aaload().astore(local);
      segments.put(buffer, local);
    }
  }

  /** Returns a local with the first index of this point's lane in the folds' rows, or -1. */
  private int lanesOffset() {
    int lanes = 1;
    for (Effect e : pass.effects()) {
      if (e instanceof Effect.Accumulate a) {
        lanes = Math.max(lanes, a.lanes());
      }
    }
    if (lanes == 1 || foldwise()) {
      return -1;
    }
    int local = c.allocateLocal(TypeKind.INT);
    c.aload(SCRATCH).getfield(Scratch.DESC, "r", CD_int).istore(local);
    return local;
  }

  private void pushStateIndex(int row, int counter) {
    if (foldwise()) {
      int lanes = nest.rows().get(row).length();
      pushCounter();
      c.loadConstant(lanes - 1).iand();
      return;
    }
    int lanes = nest.rows().get(row).length() / nest.tile();
    c.iload(i);
    if (lanes > 1) {
      c.iload(counter).loadConstant(lanes - 1).iand().loadConstant(nest.tile()).imul().iadd();
    }
  }

  private void element(int counter) {
    ScalarCode v = new ScalarCode(c, pass.lanes(), outputs(), emission, this);
    fixed.forEach(v::bind);
    for (Node n : pass.lanes().nodes()) {
      if ((n.op != Op.LOAD && n.op != Op.STATE) || !v.isLive(n) || v.isBound(n)) {
        continue;
      }
      int row = (int) n.bits;
      c.aload(arrays.get(row));
      if (n.op == Op.LOAD) {
        c.iload(i);
      } else {
        pushStateIndex(row, counter);
      }
      ScalarCode.loadElement(c, n.dtype);
      int slot = c.allocateLocal(ScalarCode.kind(n.dtype));
      c.storeLocal(ScalarCode.kind(n.dtype), slot);
      v.bind(n, slot);
    }
    v.shared();
    for (Effect e : pass.effects()) {
      effect(v, e, counter);
    }
  }

  private void effect(ScalarCode v, Effect effect, int counter) {
    switch (effect) {
      case Effect.Store s -> {
        c.aload(arrays.get(s.row())).iload(i);
        v.push(s.value());
        c.arrayStore(ScalarCode.elementKind(s.value().dtype));
      }
      case Effect.Accumulate a -> {
        DType t = a.value().dtype;
        if (keptInLocal(a.state())) {
          v.push(a.value());
          c.storeLocal(ScalarCode.kind(t), stateLocal(a.state()));
        } else {
          c.aload(arrays.get(a.state()));
          pushStateIndex(a.state(), counter);
          v.push(a.value());
          c.arrayStore(ScalarCode.elementKind(t));
        }
      }
      case Effect.Scatter s -> {
        pushAddress(s.slot());
        v.push(s.index());
        v.push(s.value());
        DType t = s.value().dtype;
        c.loadConstant(s.stride()).loadConstant(s.limit());
        c.getstatic(COMBINE, s.combine().name(), COMBINE);
        c.invokestatic(
            HiddenClassWriter.desc(Elements.class),
            "combine" + t.name(),
            MethodTypeDesc.of(
                CD_void,
                HiddenClassWriter.SEGMENT,
                CD_long,
                CD_long,
                ScalarCode.desc(t),
                CD_long,
                CD_long,
                COMBINE));
      }
      case Effect.Check k -> check(v, k);
    }
  }

  private int stateLocal(int row) {
    for (Map.Entry<Node, Integer> e : fixed.entrySet()) {
      if (e.getKey().op == Op.STATE && e.getKey().bits == row) {
        return e.getValue();
      }
    }
    throw new IllegalStateException("state " + row + " is not used");
  }

  private void check(ScalarCode v, Effect.Check k) {
    Label bad = c.newLabel();
    Label good = c.newLabel();
    v.push(k.value());
    int value = c.allocateLocal(TypeKind.LONG);
    c.lstore(value);
    c.lload(value).loadConstant(k.low()).lcmp().iflt(bad);
    c.lload(value).loadConstant(k.high()).lcmp().iflt(good);
    c.labelBinding(bad);
    c.aload(SCRATCH).loadConstant(k.instr()).lload(value);
    pushIndex(k.point());
    pushIndex(k.position());
    c.invokevirtual(
        Scratch.DESC, "fail", MethodTypeDesc.of(CD_void, CD_int, CD_long, CD_long, CD_long));
    c.labelBinding(good);
  }

  private void keepStates(LaneCode live) {
    for (Node n : pass.lanes().nodes()) {
      if (n.op == Op.STATE && live.isLive(n) && fixed.containsKey(n)) {
        c.aload(arrays.get((int) n.bits)).iconst_0();
        c.loadLocal(ScalarCode.kind(n.dtype), fixed.get(n));
        c.arrayStore(ScalarCode.elementKind(n.dtype));
      }
    }
  }

  @Override
  public void pushIndex(int slot) {
    c.lload(bases.get(slot));
    long stride = stride(slot);
    if (stride != 0) {
      c.iload(i).i2l().loadConstant(stride).lmul().ladd();
    }
  }

  @Override
  public void pushAddress(int slot) {
    Slot s = nest.slots().get(slot);
    c.aload(segments.get(s.buffer()));
    pushIndex(slot);
  }

  @Override
  public void pushCounter() {
    c.aload(SCRATCH).getfield(Scratch.DESC, "r", CD_int);
    if (foldwise()) {
      c.iload(i).iadd();
    }
  }
}
