package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.vector.VectorCode;
import dev.engram.ir.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Locals with the initial vectors of folds; folds with the same start share one. */
public final class FoldStarts {
  private final Map<Start, Integer> locals;

  private FoldStarts(Map<Start, Integer> locals) {
    this.locals = locals;
  }

  /** The initial value of a fold, in every lane. */
  private record Start(DType dtype, long bits) {
    static Start of(Fold f) {
      return new Start(f.dtype(), Folds.start(f.kind(), f.dtype()));
    }
  }

  /** Emits code that sets the locals. */
  public static FoldStarts load(CodeBuilder c, List<Fold> folds, int vectorBits) {
    Map<Start, Integer> locals = new HashMap<>();
    for (Fold f : folds) {
      locals.computeIfAbsent(Start.of(f), start -> load(c, start, vectorBits));
    }
    return new FoldStarts(locals);
  }

  private static int load(CodeBuilder c, Start start, int vectorBits) {
    VectorCode.pushSpecies(c, start.dtype, vectorBits);
    switch (start.dtype) {
      case F32 -> c.loadConstant(Float.intBitsToFloat((int) start.bits));
      case F64 -> c.loadConstant(Double.longBitsToDouble(start.bits));
      case I32, BOOL -> c.loadConstant((int) start.bits);
      case I64 -> c.loadConstant(start.bits);
      case F16, BF16, I8, I16, U8 -> throw VectorCode.noVector(start.dtype);
    }
    VectorCode.broadcast(c, start.dtype);
    int local = c.allocateLocal(TypeKind.REFERENCE);
    c.astore(local);
    return local;
  }

  /** Returns the local with the initial vector of {@code f}. */
  public int of(Fold f) {
    return locals.get(Start.of(f));
  }
}
