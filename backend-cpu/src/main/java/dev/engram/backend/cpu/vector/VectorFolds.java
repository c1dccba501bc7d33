package dev.engram.backend.cpu.vector;

import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.run.Elements;
import dev.engram.backend.cpu.scalar.ScalarCode;
import dev.engram.ir.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * Emits the last steps of a fold whose partial results are the lanes of one vector in scratch
 * memory. There is no loop: rows are short where batches are small, and the loop would cost more
 * than its row.
 */
final class VectorFolds {
  private static final ClassDesc ELEMENTS = HiddenClassWriter.desc(Elements.class);
  private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");

  private VectorFolds() {}

  /**
   * Emits code that folds the lanes in halves and pushes the result.
   *
   * @param pushAddress pushes the segment and the byte offset of a lane
   */
  static void pushFolded(CodeBuilder c, Fold f, int lanes, IntConsumer pushAddress) {
    TypeKind kind = TypeKind.from(ScalarCode.desc(f.dtype()));
    int[] value = new int[lanes];
    for (int i = 0; i < lanes; i++) {
      value[i] = c.allocateLocal(kind);
      pushAddress.accept(i);
      c.invokestatic(
          ELEMENTS,
          "get" + f.dtype().name(),
          MethodTypeDesc.of(ScalarCode.desc(f.dtype()), HiddenClassWriter.SEGMENT, CD_long));
      c.storeLocal(kind, value[i]);
    }
    for (int half = lanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        c.loadLocal(kind, value[i]).loadLocal(kind, value[i + half]);
        combine(c, f);
        c.storeLocal(kind, value[i]);
      }
    }
    c.loadLocal(kind, value[0]);
  }

  /** Stores the value on the stack; the segment and the byte offset are below it. */
  static void put(CodeBuilder c, DType dtype) {
    c.invokestatic(
        ELEMENTS,
        "put" + dtype.name(),
        MethodTypeDesc.of(CD_void, HiddenClassWriter.SEGMENT, CD_long, ScalarCode.desc(dtype)));
  }

  private static void combine(CodeBuilder c, Fold f) {
    Opcode op =
        switch (f.kind()) {
          case SUM -> f.dtype() == DType.F64 ? Opcode.DADD : Opcode.FADD;
          case PROD -> f.dtype() == DType.F64 ? Opcode.DMUL : Opcode.FMUL;
          case MAX, MIN -> null;
          case ANY, ALL, ARGMAX, ARGMIN -> throw new IllegalStateException(f.kind().name());
        };
    if (op != null) {
      c.with(OperatorInstruction.of(op));
    } else {
      ClassDesc t = ScalarCode.desc(f.dtype());
      String name = f.kind().name().toLowerCase(Locale.ROOT);
      c.invokestatic(MATH, name, MethodTypeDesc.of(t, t, t));
    }
  }
}
