package dev.engram.backend.cpu.scalar;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.code.LaneCode;
import dev.engram.backend.cpu.run.Elements;
import dev.engram.ir.DType;
import dev.engram.ir.math.HalfFloats;
import dev.engram.ir.math.Threefry;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.lower.lanes.LaneProgram;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Emits lane programs as plain bytecode for one lane. Bools are ints 0 and 1, small integers are
 * ints, 16-bit floats are ints with their raw bits, for moves and conversions only.
 */
public final class ScalarCode extends LaneCode {
  private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");
  private static final ClassDesc FLOAT = ClassDesc.of("java.lang.Float");
  private static final ClassDesc DOUBLE = ClassDesc.of("java.lang.Double");
  private static final ClassDesc REAL = HiddenClassWriter.desc(ElementwiseRow.Real.class);
  private static final ClassDesc WHOLE = HiddenClassWriter.desc(ElementwiseRow.Whole.class);

  /** Emits code that pushes values known only to the surrounding row loop. */
  interface Surroundings {
    /** Pushes the value of an index map at the current element, as a long. */
    void pushIndex(int slot);

    /** Pushes the segment of a slot, then its byte offset at the current element, as a long. */
    void pushAddress(int slot);

    /** Pushes the index of the reduction point. */
    void pushCounter();
  }

  private final HiddenClassWriter emission;
  private final Surroundings around;

  ScalarCode(
      CodeBuilder code,
      LaneProgram lanes,
      List<Node> outputs,
      HiddenClassWriter emission,
      Surroundings around) {
    super(code, lanes, outputs);
    this.emission = emission;
    this.around = around;
  }

  static TypeKind kind(DType t) {
    return switch (t) {
      case F32 -> TypeKind.FLOAT;
      case F64 -> TypeKind.DOUBLE;
      case I8, I16, I32, U8, BOOL, F16, BF16 -> TypeKind.INT;
      case I64 -> TypeKind.LONG;
    };
  }

  static TypeKind elementKind(DType t) {
    return switch (t) {
      case F16, BF16 -> TypeKind.CHAR;
      case I16 -> TypeKind.SHORT;
      case I8, U8, BOOL -> TypeKind.BYTE;
      case F32, F64, I32, I64 -> kind(t);
    };
  }

  /** Loads an array's element; the array and the index are on the stack. */
  static void loadElement(CodeBuilder code, DType t) {
    code.arrayLoad(elementKind(t));
    if (t == DType.U8) {
      code.loadConstant(0xFF).iand();
    }
  }

  public static ClassDesc desc(DType t) {
    return switch (t) {
      case F32 -> CD_float;
      case F64 -> CD_double;
      case I8, I16, I32, U8, BOOL, F16, BF16 -> CD_int;
      case I64 -> CD_long;
    };
  }

  @Override
  public boolean isInline(Node n) {
    return n.op == Op.CONST;
  }

  @Override
  public TypeKind kindOf(Node n) {
    return kind(n.dtype);
  }

  @Override
  public void compute(Node n) {
    switch (n.op) {
      case LOAD, STATE -> throw new IllegalStateException(n.op + " " + n.bits + " is not bound");
      case CONST -> constant(n.dtype, n.bits);
      case COUNTER -> around.pushCounter();
      case INDEX -> {
        around.pushIndex((int) n.bits);
        code.conversion(TypeKind.LONG, kind(n.dtype));
      }
      case ADD, SUB, MUL, DIV, NEG, AND, OR, XOR -> {
        pushArgs(n);
        arithmetic(n.op, kind(n.dtype));
      }
      case FMA, ABS, MAX, MIN -> {
        pushArgs(n);
        ClassDesc t = desc(n.dtype);
        ClassDesc[] in = new ClassDesc[n.args.size()];
        Arrays.fill(in, t);
        String name = n.op.name().toLowerCase(Locale.ROOT);
        code.invokestatic(MATH, name, MethodTypeDesc.of(t, in));
      }
      case SQRT -> {
        pushArgs(n);
        code.conversion(kind(n.dtype), TypeKind.DOUBLE);
        code.invokestatic(MATH, "sqrt", MethodTypeDesc.of(CD_double, CD_double));
        code.conversion(TypeKind.DOUBLE, kind(n.dtype));
      }
      case TO_BITS -> {
        pushArgs(n);
        if (n.isWide()) {
          code.invokestatic(DOUBLE, "doubleToRawLongBits", MethodTypeDesc.of(CD_long, CD_double));
        } else {
          code.invokestatic(FLOAT, "floatToRawIntBits", MethodTypeDesc.of(CD_int, CD_float));
        }
      }
      case FROM_BITS -> {
        pushArgs(n);
        if (n.isWide()) {
          code.invokestatic(DOUBLE, "longBitsToDouble", MethodTypeDesc.of(CD_double, CD_long));
        } else {
          code.invokestatic(FLOAT, "intBitsToFloat", MethodTypeDesc.of(CD_float, CD_int));
        }
      }
      case SHL, USHR -> shift(n);
      case SELECT -> choose(n.arg(0), () -> push(n.arg(1)), () -> push(n.arg(2)));
      case PATCH ->
          choose(
              n.arg(0),
              () -> call((ElementwiseRow) n.payload(), n.dtype, List.of(n.arg(1))),
              () -> push(n.arg(2)));
      case LT, LE, EQ, NE, NOT, BOTH, EITHER -> truth(n);
      case CONVERT -> {
        push(n.arg(0));
        convert(n.arg(0).dtype, n.dtype);
      }
      case CALL -> call((ElementwiseRow) n.payload(), n.dtype, n.args);
      case GATHER -> gather(n);
      case RANDOM -> {
        pushArgs(n);
        around.pushIndex((int) n.bits);
        code.invokestatic(
            HiddenClassWriter.desc(Threefry.class),
            "word",
            MethodTypeDesc.of(CD_int, CD_int, CD_int, CD_long));
      }
    }
  }

  private void constant(DType t, long bits) {
    switch (t) {
      case F32 -> code.loadConstant(Float.intBitsToFloat((int) bits));
      case F64 -> code.loadConstant(Double.longBitsToDouble(bits));
      case I8, I16, I32, U8, BOOL, F16, BF16 -> code.loadConstant((int) bits);
      case I64 -> code.loadConstant(bits);
    }
  }

  private void arithmetic(Op op, TypeKind t) {
    code.with(OperatorInstruction.of(opcode(op, t)));
  }

  private static Opcode opcode(Op op, TypeKind t) {
    return switch (op) {
      case ADD -> of(t, Opcode.FADD, Opcode.DADD, Opcode.LADD, Opcode.IADD);
      case SUB -> of(t, Opcode.FSUB, Opcode.DSUB, Opcode.LSUB, Opcode.ISUB);
      case MUL -> of(t, Opcode.FMUL, Opcode.DMUL, Opcode.LMUL, Opcode.IMUL);
      case DIV -> of(t, Opcode.FDIV, Opcode.DDIV, Opcode.LDIV, Opcode.IDIV);
      case NEG -> of(t, Opcode.FNEG, Opcode.DNEG, Opcode.LNEG, Opcode.INEG);
      case AND -> ofWhole(op, t, Opcode.LAND, Opcode.IAND);
      case OR -> ofWhole(op, t, Opcode.LOR, Opcode.IOR);
      case XOR -> ofWhole(op, t, Opcode.LXOR, Opcode.IXOR);
      case LOAD, STATE, CONST, FMA, SQRT, ABS, MAX, MIN, SELECT, PATCH, FROM_BITS, TO_BITS ->
          throw new IllegalStateException(op.name());
      case SHL, USHR, LT, LE, EQ, NE, NOT, BOTH, EITHER, COUNTER, INDEX, CONVERT, CALL, GATHER ->
          throw new IllegalStateException(op.name());
      case RANDOM -> throw new IllegalStateException(op.name());
    };
  }

  private static Opcode of(TypeKind t, Opcode f, Opcode d, Opcode l, Opcode i) {
    return switch (t) {
      case FLOAT -> f;
      case DOUBLE -> d;
      case LONG -> l;
      case INT, BOOLEAN, BYTE, CHAR, SHORT, REFERENCE, VOID -> i;
    };
  }

  private static Opcode ofWhole(Op op, TypeKind t, Opcode l, Opcode i) {
    if (t == TypeKind.FLOAT || t == TypeKind.DOUBLE) {
      throw new IllegalStateException(op + " of floats");
    }
    return t == TypeKind.LONG ? l : i;
  }

  private void shift(Node n) {
    push(n.arg(0));
    code.loadConstant((int) n.bits);
    if (n.op == Op.SHL) {
      code.with(OperatorInstruction.of(n.isWide() ? Opcode.LSHL : Opcode.ISHL));
    } else {
      code.with(OperatorInstruction.of(n.isWide() ? Opcode.LUSHR : Opcode.IUSHR));
    }
  }

  private void choose(Node mask, HiddenClassWriter.Part yes, HiddenClassWriter.Part no) {
    Label otherwise = code.newLabel();
    Label done = code.newLabel();
    branchUnless(mask, otherwise);
    yes.emit();
    code.goto_(done);
    code.labelBinding(otherwise);
    no.emit();
    code.labelBinding(done);
  }

  private void truth(Node n) {
    Label no = code.newLabel();
    Label done = code.newLabel();
    jumpUnless(n, no);
    code.iconst_1();
    code.goto_(done);
    code.labelBinding(no);
    code.iconst_0();
    code.labelBinding(done);
  }

  private void branchUnless(Node m, Label no) {
    boolean jumps =
        switch (m.op) {
          case LT, LE, EQ, NE, NOT, BOTH, EITHER -> !isBound(m);
          case LOAD, STATE, CONST, ADD, SUB, MUL, DIV, FMA, SQRT, ABS, NEG, MAX, MIN -> false;
          case SELECT, PATCH, FROM_BITS, TO_BITS, AND, OR, XOR, SHL, USHR, COUNTER -> false;
          case INDEX, CONVERT, CALL, GATHER, RANDOM -> false;
        };
    if (jumps) {
      jumpUnless(m, no);
    } else {
      push(m);
      code.ifeq(no);
    }
  }

  private void jumpUnless(Node m, Label no) {
    switch (m.op) {
      case NOT -> {
        push(m.arg(0));
        code.ifne(no);
      }
      case BOTH -> {
        branchUnless(m.arg(0), no);
        branchUnless(m.arg(1), no);
      }
      case EITHER -> {
        push(m.arg(0));
        push(m.arg(1));
        code.ior();
        code.ifeq(no);
      }
      case LT, LE, EQ, NE -> compare(m, no);
      case LOAD, STATE, CONST, ADD, SUB, MUL, DIV, FMA, SQRT, ABS, NEG, MAX, MIN, SELECT, PATCH ->
          throw new IllegalStateException(m.op + " is not a mask");
      case FROM_BITS, TO_BITS, AND, OR, XOR, SHL, USHR, COUNTER, INDEX, CONVERT, CALL, GATHER ->
          throw new IllegalStateException(m.op + " is not a mask");
      case RANDOM -> throw new IllegalStateException(m.op + " is not a mask");
    }
  }

  // Comparisons with NaN are false, but ne is true.
  private void compare(Node m, Label no) {
    pushArgs(m);
    switch (kind(m.arg(0).dtype)) {
      case FLOAT -> code.fcmpg();
      case DOUBLE -> code.dcmpg();
      case LONG -> code.lcmp();
      case INT, BOOLEAN, BYTE, CHAR, SHORT, REFERENCE, VOID -> {
        switch (m.op) {
          case LT -> code.if_icmpge(no);
          case LE -> code.if_icmpgt(no);
          case EQ -> code.if_icmpne(no);
          default -> code.if_icmpeq(no);
        }
        return;
      }
    }
    switch (m.op) {
      case LT -> code.ifge(no);
      case LE -> code.ifgt(no);
      case EQ -> code.ifne(no);
      default -> code.ifeq(no);
    }
  }

  // Like dev.engram.ir.op.Cast: truncates and saturates from floats; anything to bool is != 0.
  private void convert(DType from, DType to) {
    if (from.isFloat() && from.bytes() == 2) {
      half("of", from, CD_float, CD_int);
      convert(DType.F32, to);
      return;
    }
    if (to.isFloat() && to.bytes() == 2) {
      code.conversion(kind(from), TypeKind.FLOAT);
      half("to", to, CD_int, CD_float);
      return;
    }
    if (to.isInteger() && to.bytes() < 4) {
      code.conversion(kind(from), TypeKind.INT);
      shorten(to, from.isFloat());
      return;
    }
    if (to == DType.BOOL) {
      Label no = code.newLabel();
      Label done = code.newLabel();
      switch (kind(from)) {
        case FLOAT -> code.fconst_0().fcmpg();
        case DOUBLE -> code.dconst_0().dcmpg();
        case LONG -> code.lconst_0().lcmp();
        case INT, BOOLEAN, BYTE, CHAR, SHORT, REFERENCE, VOID -> {}
      }
      code.ifeq(no).iconst_1().goto_(done).labelBinding(no).iconst_0().labelBinding(done);
      return;
    }
    code.conversion(kind(from), kind(to));
  }

  private void half(String direction, DType t, ClassDesc result, ClassDesc operand) {
    code.invokestatic(
        HiddenClassWriter.desc(HalfFloats.class),
        direction + (t == DType.F16 ? "F16" : "Bf16"),
        MethodTypeDesc.of(result, operand));
  }

  /** Narrows an int to a smaller type; a value that was a float saturates again. */
  private void shorten(DType to, boolean saturate) {
    if (saturate) {
      MethodTypeDesc ints = MethodTypeDesc.of(CD_int, CD_int, CD_int);
      code.loadConstant((int) to.lowest()).invokestatic(MATH, "max", ints);
      code.loadConstant((int) to.highest()).invokestatic(MATH, "min", ints);
    } else if (to == DType.U8) {
      code.loadConstant(0xFF).iand();
    } else {
      code.conversion(TypeKind.INT, elementKind(to));
    }
  }

  private void call(ElementwiseRow row, DType result, List<Node> args) {
    DType operand = args.getLast().dtype;
    boolean whole = row.signature().isWhole(operand);
    if (whole) {
      code.loadConstant(emission.constant(row.whole(), WHOLE));
    } else {
      code.loadConstant(emission.constant(row.real(), REAL));
    }
    for (int i = 0; i < 3; i++) {
      if (i >= args.size()) {
        if (whole) {
          code.lconst_0();
        } else {
          code.dconst_0();
        }
        continue;
      }
      push(args.get(i));
      if (whole) {
        toRaw(args.get(i).dtype);
      } else {
        code.conversion(kind(args.get(i).dtype), TypeKind.DOUBLE);
      }
    }
    ClassDesc t = whole ? CD_long : CD_double;
    code.invokeinterface(whole ? WHOLE : REAL, "apply", MethodTypeDesc.of(t, t, t, t));
    if (whole) {
      fromRaw(result);
    } else if (result == DType.BOOL) {
      convert(DType.F64, DType.BOOL);
    } else {
      code.conversion(TypeKind.DOUBLE, kind(result));
    }
  }

  private void toRaw(DType t) {
    switch (t) {
      case F32 -> {
        code.invokestatic(FLOAT, "floatToRawIntBits", MethodTypeDesc.of(CD_int, CD_float));
        code.i2l().loadConstant(0xFFFFFFFFL).land();
      }
      case F64 ->
          code.invokestatic(DOUBLE, "doubleToRawLongBits", MethodTypeDesc.of(CD_long, CD_double));
      case I8, I16, I32, U8, BOOL, F16, BF16 -> code.i2l();
      case I64 -> {}
    }
  }

  private void fromRaw(DType t) {
    switch (t) {
      case F32 ->
          code.l2i().invokestatic(FLOAT, "intBitsToFloat", MethodTypeDesc.of(CD_float, CD_int));
      case F64 ->
          code.invokestatic(DOUBLE, "longBitsToDouble", MethodTypeDesc.of(CD_double, CD_long));
      case I8, I16, I32, U8, BOOL, F16, BF16 -> code.l2i();
      case I64 -> {}
    }
  }

  private void gather(Node n) {
    LaneProgram.Gather g = (LaneProgram.Gather) n.payload();
    around.pushAddress(g.slot());
    push(n.arg(0));
    code.lconst_0().loadConstant(g.limit() - 1);
    code.invokestatic(MATH, "clamp", MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_long));
    code.loadConstant(g.stride()).lmul().ladd();
    code.invokestatic(
        HiddenClassWriter.desc(Elements.class),
        "get" + n.dtype.name(),
        MethodTypeDesc.of(desc(n.dtype), HiddenClassWriter.SEGMENT, CD_long));
  }
}
