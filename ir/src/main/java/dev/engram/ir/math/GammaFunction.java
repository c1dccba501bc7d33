package dev.engram.ir.math;

/**
 * ln |Γ(x)| and its derivatives in f64, from series whose coefficients are computed here.
 *
 * <p>The numbers in comments are those of Abramowitz and Stegun, <i>Handbook of Mathematical
 * Functions</i> (1964). Large arguments go through asymptotic series; small ones are shifted up by
 * the recurrences, but near zeros of the functions a Taylor series keeps the relative error small.
 */
public final class GammaFunction {
  private static final double EULER = 0.5772156649015329;
  private static final double HALF_LOG_2_PI = 0.9189385332046728;

  /** Asymptotic series are used from here on. */
  private static final double LARGE = 12;

  /** B_2, B_4, …, B_20. */
  private static final double[] BERNOULLI = {
    1.0 / 6,
    -1.0 / 30,
    1.0 / 42,
    -1.0 / 30,
    5.0 / 66,
    -691.0 / 2730,
    7.0 / 6,
    -3617.0 / 510,
    43867.0 / 798,
    -174611.0 / 330
  };

  /** The positive zero of digamma, and what the double lacks to it. */
  private static final double ROOT = 1.4616321449683622;

  private static final double ROOT_REST = 9.549995429965697e-17;

  private static final int TERMS = 40;

  /** (-1)^k (ζ(k) - 1) / k for k >= 2. */
  private static final double[] NEAR_TWO = new double[TERMS];

  /** ψ^(k)(root) / k! for k >= 1. */
  private static final double[] NEAR_ROOT = new double[TERMS];

  static {
    for (int k = 2; k < TERMS; k++) {
      NEAR_TWO[k] = sign(k) * zeta(k, 2) / k;
    }
    for (int k = 1; k < TERMS; k++) {
      NEAR_ROOT[k] = -sign(k) * zeta(k + 1, ROOT);
    }
  }

  private GammaFunction() {}

  private static double sign(int k) {
    return k % 2 == 0 ? 1 : -1;
  }

  /** ln |Γ(x)|; ∞ at 0 and the negative integers. */
  public static double logGamma(double x) {
    if (x <= 0) {
      return x == Math.rint(x) ? Double.POSITIVE_INFINITY : reflected(x);
    }
    if (x < 0.5) {
      return aboutTwo(x) - StrictMath.log1p(x) - StrictMath.log(x);
    }
    if (x < 1.5) {
      return aboutTwo(x - 1) - StrictMath.log1p(x - 1);
    }
    if (x >= LARGE) {
      return stirling(x);
    }
    double product = 1;
    double y = x;
    while (y >= 2.5) {
      y -= 1;
      product *= y;
    }
    return aboutTwo(y - 2) + StrictMath.log(product);
  }

  // 6.1.17: Γ(x) Γ(1-x) = π / sin πx
  private static double reflected(double x) {
    double sine = Math.abs(StrictMath.sin(Math.PI * (x - Math.rint(x))));
    return StrictMath.log(Math.PI / sine) - logGamma(1 - x);
  }

  // 6.1.33: ln Γ(2+z) = (1-γ) z + Σ_{k≥2} (-1)^k (ζ(k) - 1) z^k / k
  private static double aboutTwo(double z) {
    double sum = 0;
    for (int k = TERMS - 1; k >= 2; k--) {
      sum = (sum + NEAR_TWO[k]) * z;
    }
    return z * (1 - EULER + sum);
  }

  // 6.1.40: ln Γ(x) = (x-½) ln x - x + ½ ln 2π + Σ B_2k / (2k (2k-1) x^(2k-1))
  private static double stirling(double x) {
    if (x == Double.POSITIVE_INFINITY) {
      return x;
    }
    double z = 1 / (x * x);
    double sum = 0;
    for (int k = BERNOULLI.length; k >= 1; k--) {
      sum = sum * z + BERNOULLI[k - 1] / (2.0 * k * (2 * k - 1));
    }
    return (x - 0.5) * (StrictMath.log(x) - 1) - 0.5 + HALF_LOG_2_PI + sum / x;
  }

  /** ψ = Γ'/Γ; NaN at 0 and the negative integers. */
  public static double digamma(double x) {
    if (x <= 0) {
      // 6.3.7: ψ(1-x) = ψ(x) + π cot πx
      double r = x - Math.rint(x);
      return r == 0 ? Double.NaN : digamma(1 - x) - Math.PI / StrictMath.tan(Math.PI * r);
    }
    double z = x - ROOT - ROOT_REST;
    if (Math.abs(z) < 0.35) {
      double sum = 0;
      for (int k = TERMS - 1; k >= 1; k--) {
        sum = (sum + NEAR_ROOT[k]) * z;
      }
      return sum;
    }
    double before = 0;
    double y = x;
    for (; y < LARGE; y++) {
      before += 1 / y;
    }
    return asymptotic(y) - before;
  }

  // 6.3.18: ψ(x) = ln x - 1/(2x) - Σ B_2k / (2k x^2k)
  private static double asymptotic(double x) {
    double z = 1 / (x * x);
    double sum = 0;
    for (int k = BERNOULLI.length; k >= 1; k--) {
      sum = (sum + BERNOULLI[k - 1] / (2.0 * k)) * z;
    }
    return StrictMath.log(x) - 0.5 / x - sum;
  }

  /**
   * The derivative of ψ of order {@code n}, rounded to an integer: ψ^(n)(x); NaN for negative
   * orders.
   */
  public static double polygamma(double n, double x) {
    int order = (int) Math.rint(n);
    if (order <= 0 || Double.isNaN(n)) {
      return order == 0 && !Double.isNaN(n) ? digamma(x) : Double.NaN;
    }
    // 6.4.10: ψ^(n)(x) = (-1)^(n+1) n! ζ(n+1, x)
    double factorial = 1;
    for (int k = 2; k <= Math.min(order, 171); k++) {
      factorial *= k;
    }
    return -sign(order) * factorial * zeta(order + 1, x);
  }

  /** Hurwitz' zeta function Σ_{k≥0} (q+k)^-s for s >= 2; ∞ or NaN at its poles. */
  private static double zeta(int s, double q) {
    if (q <= 0) {
      // The terms of negative base once more upwards, as differences of two series. The distance
      // to the pole on the right is exact; one less that on the left is 0 close to it.
      double up = q - Math.floor(q);
      double down = Math.ceil(q) - q;
      if (up == 0 || Double.isNaN(up)) {
        return s % 2 == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
      }
      return zeta(s, up) + sign(s) * (zeta(s, down) - zeta(s, 1 - q));
    }
    double sum = 0;
    double x = q;
    for (; x < LARGE + s; x++) {
      sum += StrictMath.pow(x, -s);
    }
    return sum + eulerMaclaurin(s, x);
  }

  // 23.1.30 for x^-s: x^(1-s)/(s-1) + x^-s/2 + Σ B_2k/(2k)! s (s+1) … (s+2k-2) x^(-s-2k+1)
  private static double eulerMaclaurin(int s, double x) {
    double power = StrictMath.pow(x, -s);
    double sum = StrictMath.pow(x, 1 - s) / (s - 1) + power / 2;
    double term = power * s / x / 2;
    for (int k = 1; k <= BERNOULLI.length; k++) {
      sum += BERNOULLI[k - 1] * term;
      double at = s + 2.0 * k;
      term *= (at - 1) * at / ((2.0 * k + 1) * (2 * k + 2)) / (x * x);
    }
    return sum;
  }
}
