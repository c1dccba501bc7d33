package dev.engram.ir.math;

/** Scalar functions that {@link StrictMath} lacks. */
public final class ElementaryFunctions {
  private static final double LOG_2 = 0.6931471805599453;

  /** Beyond, x² + 1 rounds to x². */
  private static final double HUGE = 0x1p28;

  private ElementaryFunctions() {}

  /** Exact for powers of two. */
  public static double log2(double x) {
    if (!(x >= Double.MIN_NORMAL && x < Double.POSITIVE_INFINITY)) {
      return StrictMath.log(x) / LOG_2;
    }
    // x = 2^e m with √½ <= m < √2
    int e = Math.getExponent(x * Math.sqrt(2) < Double.POSITIVE_INFINITY ? x * Math.sqrt(2) : x);
    return e + StrictMath.log(Math.scalb(x, -e)) / LOG_2;
  }

  // ln(a + √(a² + 1)) = log1p(a + a² / (1 + √(a² + 1)))
  /** ln(x + √(x² + 1)), also where the sum is near 1. */
  public static double asinh(double x) {
    double a = Math.abs(x);
    double y =
        a > HUGE
            ? StrictMath.log(a) + LOG_2
            : StrictMath.log1p(a + a * a / (1 + Math.sqrt(a * a + 1)));
    return Math.copySign(y, x);
  }

  // ln(x + √(x² - 1)) = log1p(t + √(2t + t²)) with t = x - 1
  /** ln(x + √(x² - 1)), also where the sum is near 1; NaN below 1. */
  public static double acosh(double x) {
    double t = x - 1;
    return x > HUGE ? StrictMath.log(x) + LOG_2 : StrictMath.log1p(t + Math.sqrt(2 * t + t * t));
  }

  // ½ ln((1 + a) / (1 - a))
  /** ½ ln((1 + x) / (1 - x)), also near 0: ±∞ at ±1, NaN beyond. */
  public static double atanh(double x) {
    double a = Math.abs(x);
    return Math.copySign(0.5 * StrictMath.log1p(2 * a / (1 - a)), x);
  }
}
