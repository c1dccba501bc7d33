package dev.engram.tests;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;

/** The common table of tolerances for values that must agree up to rounding. */
public final class Close {
  private Close() {}

  /** Largest allowed difference, per unit of the largest element (at least 1). */
  public static double tolerance(DType dtype) {
    return switch (dtype) {
      case F64 -> 1e-10;
      case F32 -> 1e-5;
      case F16 -> 4e-3;
      case BF16 -> 3e-2;
      case I8, I16, I32, I64, U8, BOOL -> 0;
    };
  }

  /** Fails, naming the worst element, unless every element is within the tolerance. */
  public static void check(String what, HostTensor got, HostTensor want) {
    if (!got.type().equals(want.type())) {
      throw new AssertionError(what + ": got type " + got.type() + ", expected " + want.type());
    }
    double scale = 1;
    for (long i = 0; i < want.type().size(); i++) {
      double v = Math.abs(want.getDouble(i));
      scale = Double.isFinite(v) ? Math.max(scale, v) : scale;
    }
    double allowed = tolerance(want.type().dtype()) * scale;
    for (long i = 0; i < want.type().size(); i++) {
      double g = got.getDouble(i);
      double w = want.getDouble(i);
      boolean same = Double.compare(g, w) == 0 || Math.abs(g - w) <= allowed;
      if (!same) {
        throw new AssertionError(
            what + ": element " + i + " is " + g + ", expected " + w + " within " + allowed);
      }
    }
  }
}
