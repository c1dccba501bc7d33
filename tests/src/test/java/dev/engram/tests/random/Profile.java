package dev.engram.tests.random;

import dev.engram.ir.DType;
import java.util.List;

/**
 * What generated programs may contain.
 *
 * @param dtypes element types, the simplest first
 * @param kinks functions whose derivative jumps
 * @param markers {@code stopGradient}, whose derivative is zero though its difference is not
 * @param rules calls with derivative rules of their own
 */
public record Profile(List<DType> dtypes, boolean kinks, boolean markers, boolean rules) {
  /** Everything. */
  public static final Profile ANY =
      new Profile(
          List.of(
              DType.F32,
              DType.F64,
              DType.F32,
              DType.I32,
              DType.BOOL,
              DType.F32,
              DType.F64,
              DType.I64,
              DType.BF16,
              DType.I8,
              DType.F16,
              DType.U8,
              DType.I16),
          true,
          true,
          true);

  /** For derivatives; floats are f64, so that rounding stays far below any fault. */
  public static final Profile DERIVED =
      new Profile(
          List.of(DType.F64, DType.F64, DType.F64, DType.I32, DType.BOOL), true, false, true);

  /** Floats whose derivatives are continuous, so that they may be computed in any order. */
  public static final Profile SMOOTH =
      new Profile(List.of(DType.F64, DType.F64, DType.F64, DType.I32), false, true, true);

  /** True when programs will be differentiated, and so must contain something to differentiate. */
  boolean derived() {
    return !equals(ANY);
  }
}
