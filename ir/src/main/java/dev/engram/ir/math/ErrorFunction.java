package dev.engram.ir.math;

/**
 * The error function erf x = 2/√π ∫₀ˣ e^(-t²) dt, its complement 1 - erf x, and its inverse, in
 * f64.
 *
 * <p>The first two are the rational approximations of W. J. Cody, <i>Rational Chebyshev
 * approximations for the error function</i>, Mathematics of Computation 23 (1969), accurate to a
 * few units in the last place. The inverse starts from the approximation of M. Giles,
 * <i>Approximating the erfinv function</i> (2010), and corrects it by Halley's method.
 */
public final class ErrorFunction {
  private static final double ROOT_PI = Math.sqrt(Math.PI);

  // |x| <= 1/2: erf x = x P(x²) / Q(x²)
  private static final double[] SMALL_P = {
    0.18577770618460315,
    3.1611237438705655,
    113.86415415105016,
    377.485237685302,
    3209.3775891384694
  };
  private static final double[] SMALL_Q = {
    1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171
  };

  // 1/2 <= x <= 4: erfc x = e^(-x²) P(x) / Q(x)
  private static final double[] MIDDLE_P = {
    2.1531153547440383e-08,
    0.5641884969886701,
    8.883149794388377,
    66.11919063714163,
    298.6351381974001,
    881.952221241769,
    1712.0476126340707,
    2051.0783778260716,
    1230.3393547979972
  };
  private static final double[] MIDDLE_Q = {
    1,
    15.744926110709835,
    117.6939508913125,
    537.1811018620099,
    1621.3895745666903,
    3290.7992357334597,
    4362.619090143247,
    3439.3676741437216,
    1230.3393548037495
  };

  // x >= 4, z = 1/x²: erfc x = e^(-x²)/x (1/√π - z P(z) / Q(z))
  private static final double[] LARGE_P = {
    0.016315387137302097,
    0.30532663496123236,
    0.36034489994980445,
    0.12578172611122926,
    0.016083785148742275,
    0.0006587491615298378
  };
  private static final double[] LARGE_Q = {
    1,
    2.568520192289822,
    1.8729528499234673,
    0.5279051029514285,
    0.06051834131244132,
    0.0023352049762686918
  };

  // Giles' table 5, single precision, the middle: a polynomial in w - 5/2
  private static final double[] CENTRE = {
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941
  };

  private ErrorFunction() {}

  /** 2/√π ∫₀ˣ e^(-t²) dt. */
  public static double erf(double x) {
    double a = Math.abs(x);
    if (a <= 0.5) {
      double z = x * x;
      return x * horner(SMALL_P, z) / horner(SMALL_Q, z);
    }
    return Math.copySign(1 - complement(a), x);
  }

  /** 1 - erf x, also where that is tiny. */
  public static double erfc(double x) {
    if (x >= -0.5 && x <= 0.5) {
      return 1 - erf(x);
    }
    return x < 0 ? 2 - complement(-x) : complement(x);
  }

  /** erfc x for x > 1/2, or NaN. */
  private static double complement(double x) {
    if (x > 27) {
      return 0;
    }
    if (x <= 4) {
      return expOfMinusSquare(x) * (horner(MIDDLE_P, x) / horner(MIDDLE_Q, x));
    }
    double z = 1 / (x * x);
    double tail = z * horner(LARGE_P, z) / horner(LARGE_Q, z);
    return expOfMinusSquare(x) * ((1 / ROOT_PI - tail) / x);
  }

  // x² has twice the digits of a double: the head's square is exact, the rest is small.
  private static double expOfMinusSquare(double x) {
    double head = Math.floor(x * 16) / 16;
    double rest = (x - head) * (x + head);
    return StrictMath.exp(-head * head) * StrictMath.exp(-rest);
  }

  /** The x with erf x = y: ±∞ for ±1, NaN beyond. */
  public static double inverse(double y) {
    double a = Math.abs(y);
    if (a == 0 || a >= 1 || Double.isNaN(y)) {
      return a == 0 ? y : a == 1 ? y * Double.POSITIVE_INFINITY : Double.NaN;
    }
    double x = guess(a);
    for (int i = 0; i < 4; i++) {
      // Halley for f = erf x - a, where f''/f' = -2x; beyond 1/2 in terms of what is left to 1
      double f = a < 0.5 ? erf(x) - a : (1 - a) - erfc(x);
      double step = f * (ROOT_PI / 2) * StrictMath.exp(x * x);
      x -= step / (1 + x * step);
    }
    return Math.copySign(x, y);
  }

  private static double guess(double a) {
    double w = -StrictMath.log((1 - a) * (1 + a));
    if (w < 5) {
      return a * horner(CENTRE, w - 2.5);
    }
    // erfc x ≈ e^(-x²) / (x √π)
    double v = -StrictMath.log((1 - a) * ROOT_PI);
    return Math.sqrt(v - StrictMath.log(Math.sqrt(v)));
  }

  /** c[0] zⁿ + … + c[n]. */
  private static double horner(double[] c, double z) {
    double p = c[0];
    for (int i = 1; i < c.length; i++) {
      p = p * z + c[i];
    }
    return p;
  }
}
