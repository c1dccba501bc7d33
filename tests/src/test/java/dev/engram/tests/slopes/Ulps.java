package dev.engram.tests.slopes;

import dev.engram.ir.DType;
import org.apache.commons.math3.dfp.Dfp;

/** Distances in units in the last place of the exact number, in a type. */
final class Ulps {
  private Ulps() {}

  private static double greatest(DType t) {
    return t == DType.F32
        ? Float.MAX_VALUE
        : t == DType.F64 ? Double.MAX_VALUE : t.toDouble(t.highest() - 1);
  }

  /** The distance of neighbours of {@code v} on its far side. */
  private static double unit(DType t, double v) {
    int digits = t == DType.F32 ? 24 : t == DType.F64 ? 53 : t == DType.F16 ? 11 : 8;
    int least = t == DType.F32 ? -149 : t == DType.F64 ? -1074 : t == DType.F16 ? -24 : -133;
    double a = Math.abs(v);
    return Math.scalb(1.0, Math.max(Math.getExponent(a) - digits + 1, least));
  }

  /** Numbers below {@code 2^-900} are stored scaled up by this power of two. */
  private static final int LIFT = 600;

  private static final Dfp LIFTED = Digits.of(Math.scalb(1.0, LIFT));
  private static final Dfp LOW = Digits.of(0x1p-900);

  /**
   * An exact number, times {@code 2^lift}, as the sum of two doubles, the nearest one and what is
   * left.
   *
   * @param near ±∞ beyond the greatest double
   */
  record Sum(double near, double rest, int lift) {
    static Sum of(Dfp exact) {
      boolean low = exact.abs().lessThan(LOW);
      Dfp v = low ? exact.multiply(LIFTED) : exact;
      double near = v.toDouble();
      double rest = Double.isInfinite(near) ? 0 : v.subtract(Digits.of(near)).toDouble();
      return new Sum(near, rest, low ? LIFT : 0);
    }
  }

  /**
   * Returns the distance of {@code got} from {@code exact}; infinite for the wrong kind of number.
   */
  static double between(DType t, double got, Sum exact) {
    double near = exact.near;
    double top = greatest(t);
    double almost = top - 4 * unit(t, top); // what rounding may take for ∞
    if (Double.isInfinite(got) || (exact.lift == 0 && Math.abs(near) > top)) {
      boolean large = Math.abs(got) >= almost && Math.abs(near) >= almost && exact.lift == 0;
      return large && Math.signum(near) == Math.signum(got) ? 0 : Double.POSITIVE_INFINITY;
    }
    if (Double.isNaN(got)) {
      return Double.POSITIVE_INFINITY;
    }
    double unit = Math.scalb(unit(t, Math.scalb(near, -exact.lift)), exact.lift);
    return Math.abs((Math.scalb(got, exact.lift) - near) - exact.rest) / unit;
  }
}
