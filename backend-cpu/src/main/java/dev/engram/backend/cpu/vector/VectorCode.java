package dev.engram.backend.cpu.vector;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.code.LaneCode;
import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.ir.DType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.runtime.MemoryOrder;
import dev.engram.lower.lanes.LaneProgram;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.Locale;

/** Emits lane programs as Vector API calls. */
public final class VectorCode extends LaneCode {
  private static final String PACKAGE = "jdk.incubator.vector.";
  static final ClassDesc VECTOR = ClassDesc.of(PACKAGE + "Vector");
  static final ClassDesc MASK = ClassDesc.of(PACKAGE + "VectorMask");
  static final ClassDesc SPECIES = ClassDesc.of(PACKAGE + "VectorSpecies");
  private static final ClassDesc OPS = ClassDesc.of(PACKAGE + "VectorOperators");
  private static final ClassDesc BINARY = OPS.nested("Binary");
  private static final ClassDesc COMPARISON = OPS.nested("Comparison");
  private static final ClassDesc ASSOCIATIVE = OPS.nested("Associative");
  private static final ClassDesc BYTE_ORDER = ClassDesc.of("java.nio.ByteOrder");

  private final HiddenClassWriter emission;
  private final int vectorBits;

  VectorCode(
      CodeBuilder code,
      LaneProgram lanes,
      List<Node> outputs,
      HiddenClassWriter emission,
      int vectorBits) {
    super(code, lanes, outputs);
    this.emission = emission;
    this.vectorBits = vectorBits;
  }

  static ClassDesc vector(DType t) {
    return ClassDesc.of(
        PACKAGE
            + switch (t) {
              case F32 -> "FloatVector";
              case F64 -> "DoubleVector";
              case I32 -> "IntVector";
              case I64 -> "LongVector";
              case BOOL -> "VectorMask";
              case F16, BF16, I8, I16, U8 -> throw noVector(t);
            });
  }

  public static IllegalStateException noVector(DType t) {
    return new IllegalStateException("vectors of " + t);
  }

  private static ClassDesc element(DType t) {
    return switch (t) {
      case F32 -> CD_float;
      case F64 -> CD_double;
      case I32, BOOL -> CD_int;
      case I64 -> CD_long;
      case F16, BF16, I8, I16, U8 -> throw noVector(t);
    };
  }

  public static void pushSpecies(CodeBuilder c, DType t, int vectorBits) {
    c.getstatic(vector(t), "SPECIES_" + vectorBits, SPECIES);
  }

  /** Broadcasts the scalar on the stack to every lane; the species is below it. */
  public static void broadcast(CodeBuilder c, DType t) {
    c.invokestatic(vector(t), "broadcast", MethodTypeDesc.of(vector(t), SPECIES, element(t)));
  }

  /** Pushes the order of elements in memory, which is that of all other code. */
  private static void pushOrder(CodeBuilder c) {
    c.getstatic(BYTE_ORDER, MemoryOrder.NATIVE.toString(), BYTE_ORDER);
  }

  /** Loads a vector from the segment and byte offset that {@code pushAddress} pushes. */
  static void load(
      CodeBuilder c, DType t, int vectorBits, HiddenClassWriter.Part pushAddress, int maskLocal) {
    pushSpecies(c, t, vectorBits);
    pushAddress.emit();
    pushOrder(c);
    if (maskLocal >= 0) {
      c.aload(maskLocal);
      c.invokestatic(
          vector(t),
          "fromMemorySegment",
          MethodTypeDesc.of(
              vector(t), SPECIES, HiddenClassWriter.SEGMENT, CD_long, BYTE_ORDER, MASK));
    } else {
      c.invokestatic(
          vector(t),
          "fromMemorySegment",
          MethodTypeDesc.of(vector(t), SPECIES, HiddenClassWriter.SEGMENT, CD_long, BYTE_ORDER));
    }
  }

  /** Stores the vector on the stack. */
  static void store(CodeBuilder c, DType t, HiddenClassWriter.Part pushAddress, int maskLocal) {
    pushAddress.emit();
    pushOrder(c);
    if (maskLocal >= 0) {
      c.aload(maskLocal);
      c.invokevirtual(
          vector(t),
          "intoMemorySegment",
          MethodTypeDesc.of(CD_void, HiddenClassWriter.SEGMENT, CD_long, BYTE_ORDER, MASK));
    } else {
      c.invokevirtual(
          vector(t),
          "intoMemorySegment",
          MethodTypeDesc.of(CD_void, HiddenClassWriter.SEGMENT, CD_long, BYTE_ORDER));
    }
  }

  /**
   * Returns a local with the mask of the first lanes; {@code pushCount} pushes their number, an
   * int.
   */
  static int mask(CodeBuilder c, DType t, int vectorBits, HiddenClassWriter.Part pushCount) {
    int local = c.allocateLocal(TypeKind.REFERENCE);
    pushSpecies(c, t, vectorBits);
    c.iconst_0();
    pushCount.emit();
    c.invokeinterface(SPECIES, "indexInRange", MethodTypeDesc.of(MASK, CD_int, CD_int));
    c.astore(local);
    return local;
  }

  /** Makes the mask on the stack one for elements of another type of the same width. */
  static void cast(CodeBuilder c, DType t, int vectorBits) {
    pushSpecies(c, t, vectorBits);
    c.invokevirtual(MASK, "cast", MethodTypeDesc.of(MASK, SPECIES));
  }

  /**
   * Pushes a vector of successive indices.
   *
   * @param pushFirst pushes the first, a long
   * @param stride from one to the next
   */
  static void indices(
      CodeBuilder c, DType t, int vectorBits, HiddenClassWriter.Part pushFirst, int stride) {
    pushSpecies(c, t, vectorBits);
    pushFirst.emit();
    if (t == DType.I32) {
      c.l2i();
    }
    broadcast(c, t);
    if (stride != 0) {
      c.loadConstant(stride);
      c.invokevirtual(vector(t), "addIndex", MethodTypeDesc.of(vector(t), CD_int));
    }
  }

  /** Emits code before the loops that broadcasts every live constant into a local. */
  void constants() {
    for (Node n : lanes.nodes()) {
      if (isLive(n) && n.op == Op.CONST) {
        compute(n);
        int slot = code.allocateLocal(TypeKind.REFERENCE);
        code.astore(slot);
        bind(n, slot);
      }
    }
  }

  @Override
  public boolean isInline(Node n) {
    return false;
  }

  @Override
  public TypeKind kindOf(Node n) {
    return TypeKind.REFERENCE;
  }

  @Override
  public void compute(Node n) {
    ClassDesc v = vector(n.dtype);
    switch (n.op) {
      case LOAD, STATE, INDEX ->
          throw new IllegalStateException(n.op + " " + n.bits + " is not bound");
      case CONST -> {
        pushSpecies(code, n.dtype, vectorBits);
        switch (n.dtype) {
          case F32 -> code.loadConstant(Float.intBitsToFloat((int) n.bits));
          case F64 -> code.loadConstant(Double.longBitsToDouble(n.bits));
          case I32, BOOL -> code.loadConstant((int) n.bits);
          case I64 -> code.loadConstant(n.bits);
          case F16, BF16, I8, I16, U8 -> throw noVector(n.dtype);
        }
        broadcast(code, n.dtype);
      }
      case ADD, SUB, MUL, DIV, MAX, MIN, AND, OR -> {
        pushArgs(n);
        String name = n.op.name().toLowerCase(Locale.ROOT);
        code.invokevirtual(v, name, MethodTypeDesc.of(v, VECTOR));
      }
      case XOR -> {
        push(n.arg(0));
        code.getstatic(OPS, "XOR", ASSOCIATIVE);
        push(n.arg(1));
        code.invokevirtual(v, "lanewise", MethodTypeDesc.of(v, BINARY, VECTOR));
      }
      case FMA -> {
        pushArgs(n);
        code.invokevirtual(v, "fma", MethodTypeDesc.of(v, VECTOR, VECTOR));
      }
      case SQRT, ABS, NEG -> {
        pushArgs(n);
        String name = n.op.name().toLowerCase(Locale.ROOT);
        code.invokevirtual(v, name, MethodTypeDesc.of(v));
      }
      case TO_BITS -> {
        pushArgs(n);
        String name = n.isWide() ? "reinterpretAsLongs" : "reinterpretAsInts";
        code.invokevirtual(vector(n.arg(0).dtype), name, MethodTypeDesc.of(v));
      }
      case FROM_BITS -> {
        pushArgs(n);
        String name = n.isWide() ? "reinterpretAsDoubles" : "reinterpretAsFloats";
        code.invokevirtual(vector(n.arg(0).dtype), name, MethodTypeDesc.of(v));
      }
      case SHL, USHR -> {
        push(n.arg(0));
        code.getstatic(OPS, n.op == Op.SHL ? "LSHL" : "LSHR", BINARY);
        code.loadConstant((int) n.bits);
        if (n.isWide()) {
          code.i2l();
        }
        code.invokevirtual(v, "lanewise", MethodTypeDesc.of(v, BINARY, element(n.dtype)));
      }
      case SELECT -> {
        push(n.arg(2));
        push(n.arg(1));
        push(n.arg(0));
        if (maskOf(n.arg(0)) != n.dtype) {
          cast(code, n.dtype, vectorBits);
        }
        code.invokevirtual(v, "blend", MethodTypeDesc.of(v, VECTOR, MASK));
      }
      case PATCH -> patch(n, v);
      case LT, LE, EQ, NE -> {
        push(n.arg(0));
        code.getstatic(OPS, n.op.name(), COMPARISON);
        push(n.arg(1));
        code.invokevirtual(
            vector(n.arg(0).dtype), "compare", MethodTypeDesc.of(MASK, COMPARISON, VECTOR));
      }
      case NOT -> {
        push(n.arg(0));
        code.invokevirtual(MASK, "not", MethodTypeDesc.of(MASK));
      }
      case BOTH, EITHER -> {
        pushArgs(n);
        String name = n.op == Op.BOTH ? "and" : "or";
        code.invokevirtual(MASK, name, MethodTypeDesc.of(MASK, MASK));
      }
      case COUNTER, CONVERT, CALL, GATHER, RANDOM ->
          throw new IllegalStateException(n.op + " has no vector form");
    }
  }

  private void patch(Node n, ClassDesc v) {
    Label fast = code.newLabel();
    Label done = code.newLabel();
    ClassDesc real = HiddenClassWriter.desc(ElementwiseRow.Real.class);
    ElementwiseRow row = (ElementwiseRow) n.payload();
    push(n.arg(2));
    push(n.arg(0));
    code.invokevirtual(MASK, "anyTrue", MethodTypeDesc.of(CD_boolean));
    code.ifeq(fast);
    push(n.arg(1));
    push(n.arg(0));
    code.loadConstant(emission.constant(row.real(), real));
    code.invokestatic(
        HiddenClassWriter.desc(SlowLanes.class), "patch", MethodTypeDesc.of(v, v, v, MASK, real));
    code.goto_(done);
    code.labelBinding(fast);
    code.labelBinding(done);
  }

  /** True when the pass can be vectorized for elements of this many bytes. */
  public static boolean accepts(RowNest.Pass pass, int bytes) {
    return pass.live().stream().allMatch(n -> accepts(n, bytes));
  }

  private static boolean accepts(Node n, int bytes) {
    boolean sized = n.dtype.bytes() == bytes;
    return switch (n.op) {
      case LOAD, STATE, CONST, INDEX, ADD, SUB, MUL, FMA, SQRT, ABS, NEG, MAX, MIN -> sized;
      case DIV -> sized && n.dtype.isFloat();
      case FROM_BITS, TO_BITS, AND, OR, XOR, SHL, USHR -> sized && n.dtype != DType.BOOL;
      case SELECT -> sized && isMask(n.arg(0), bytes);
      case PATCH -> sized;
      case LT, LE, EQ, NE -> n.arg(0).dtype.bytes() == bytes && n.arg(0).dtype != DType.BOOL;
      case NOT, BOTH, EITHER -> maskOf(n) != null;
      case COUNTER, CONVERT, CALL, GATHER, RANDOM -> false;
    };
  }

  private static boolean isMask(Node n, int bytes) {
    DType of = maskOf(n);
    return of != null && of.bytes() == bytes;
  }

  /**
   * Returns the element type whose comparisons made the mask; null when several did, which do not
   * mix.
   */
  private static @org.jspecify.annotations.Nullable DType maskOf(Node m) {
    return switch (m.op) {
      case LT, LE, EQ, NE -> m.arg(0).dtype;
      case NOT -> maskOf(m.arg(0));
      case BOTH, EITHER -> {
        DType a = maskOf(m.arg(0));
        yield a == maskOf(m.arg(1)) ? a : null;
      }
      case LOAD, STATE, CONST, ADD, SUB, MUL, DIV, FMA, SQRT, ABS, NEG, MAX, MIN, SELECT -> null;
      case PATCH, FROM_BITS, TO_BITS, AND, OR, XOR, SHL, USHR, COUNTER, INDEX, CONVERT -> null;
      case CALL, GATHER, RANDOM -> null;
    };
  }
}
