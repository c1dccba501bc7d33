package dev.engram.backend.cuda.text;

import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;

/**
 * One fold of a nest: its partial result is {@code fk}, in the order that {@link FoldOrder} fixes.
 *
 * @param i its number in the nest
 */
record FoldText(int i, Reduce.Kind kind, DType dtype, FoldOrder order) {

  static FoldText of(int i, Instr in) {
    return switch (in) {
      case Instr.Fold f -> new FoldText(i, f.kind(), f.dtype(), f.order());
      case Instr.DotFold f -> new FoldText(i, Reduce.Kind.SUM, f.dtype(), f.order());
      case Instr _ -> throw new IllegalArgumentException("no fold: " + in);
    };
  }

  static boolean is(Instr in) {
    return in instanceof Instr.Fold || in instanceof Instr.DotFold;
  }

  boolean picks() {
    return kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
  }

  /** The type of a partial result. */
  String type() {
    return CTypes.value(dtype);
  }

  String name() {
    return "f" + i;
  }

  /** The value before the first term. */
  String start() {
    long bits =
        switch (kind) {
          case SUM, ANY, ARGMAX, ARGMIN -> 0;
          case ALL -> 1;
          case PROD -> dtype.bitsOf(1);
          case MAX -> dtype.lowest();
          case MIN -> dtype.highest();
        };
    return CTypes.literal(dtype, bits);
  }

  /** Two partial results, the earlier first. */
  String combine(String a, String b) {
    return switch (kind) {
      case SUM -> RowText.add(dtype, a, b);
      case PROD -> RowText.mul(dtype, a, b);
      case MAX -> "eg_max(" + a + ", " + b + ")";
      case MIN -> "eg_min(" + a + ", " + b + ")";
      case ANY -> a + " | " + b;
      case ALL -> a + " & " + b;
      case ARGMAX, ARGMIN -> throw new IllegalStateException("arg folds have one lane");
    };
  }

  /** The partial result {@code to} after one more term. */
  String next(NestText nest, Instr in, String to) {
    return switch (in) {
      case Instr.Fold f -> combine(to, nest.value(f.value()));
      case Instr.DotFold f -> product(nest.value(f.a()), nest.value(f.b()), to);
      case Instr _ -> throw new IllegalArgumentException("no fold: " + in);
    };
  }

  String product(String a, String b, String to) {
    return switch (dtype) {
      case F32 -> "__fmaf_rn(" + a + ", " + b + ", " + to + ")";
      case F64 -> "__fma_rn(" + a + ", " + b + ", " + to + ")";
      case I32, I64 -> "eg_add(eg_mul(" + a + ", " + b + "), " + to + ")";
      case F16, BF16, I8, I16, U8, BOOL -> throw new IllegalStateException(dtype + " products");
    };
  }

  /** True where a value is a better extreme than the best before; NaN is the best of all. */
  String better(String v) {
    String sign = kind == Reduce.Kind.ARGMAX ? ">" : "<";
    return dtype.isFloat()
        ? "(%s != %s || %s != %s ? !(%s != %s) : %s %s %s)"
            .formatted(v, v, name(), name(), name(), name(), v, sign, name())
        : "%s %s %s".formatted(v, sign, name());
  }
}
