package dev.engram.random;

import dev.engram.ir.Tensor;

/**
 * Logarithm and cosine computed from sums, products and quotients alone, which round the same
 * everywhere, so that random numbers have the same bits on every backend. Each function exists
 * twice, over f64 tensors and over a {@code double}, operation for operation.
 */
public final class ExactMath {
  private static final int[] POWERS = {32, 16, 8, 4, 2, 1};

  // ln m = 2s (1 + s²/3 + s⁴/5 + …) with s = (m-1)/(m+1); s² < 0.03 for √½ ≤ m < √2
  private static final double[] LOG = new double[11];

  // cos y = 1 - y²/2! + y⁴/4! - …, for 0 ≤ y ≤ π/2
  private static final double[] COS = new double[12];

  static {
    double term = 1;
    for (int k = 0; k < LOG.length; k++) {
      LOG[k] = 1.0 / (2 * k + 1);
    }
    for (int k = 0; k < COS.length; k++) {
      COS[k] = term;
      term /= -(2 * k + 1) * (2 * k + 2);
    }
  }

  private ExactMath() {}

  /** ln x for 2^-64 ≤ x ≤ 1. */
  public static double log(double x) {
    double m = x;
    double e = 0;
    for (int k : POWERS) {
      boolean small = m < Math.scalb(1.0, -k);
      e = small ? e - k : e;
      m = small ? m * Math.scalb(1.0, k) : m;
    }
    boolean low = m < Math.sqrt(0.5);
    e = low ? e - 1 : e;
    m = low ? m * 2 : m;
    double s = (m - 1) / (m + 1);
    return e * Math.log(2) + s * (horner(LOG, s * s) * 2);
  }

  /** {@link #log(double)} of every element. */
  public static Tensor log(Tensor x) {
    Tensor m = x;
    Tensor e = x.like(0);
    for (int k : POWERS) {
      Tensor small = m.lt(Math.scalb(1.0, -k));
      e = small.select(e.sub(k), e);
      m = small.select(m.mul(Math.scalb(1.0, k)), m);
    }
    Tensor low = m.lt(Math.sqrt(0.5));
    e = low.select(e.sub(1), e);
    m = low.select(m.mul(2), m);
    Tensor s = m.sub(1).div(m.add(1));
    return e.mul(Math.log(2)).add(s.mul(horner(LOG, s.mul(s)).mul(2)));
  }

  /** {@code cos 2πx} for {@code 0 ≤ x < 1}. */
  public static double cosTurns(double x) {
    double b = Math.abs(x - 0.5);
    double y = Math.min(b, 0.5 - b) * (2 * Math.PI);
    double c = horner(COS, y * y);
    return b <= 0.25 ? -c : c;
  }

  /** {@link #cosTurns(double)} of every element. */
  public static Tensor cosTurns(Tensor x) {
    Tensor b = x.sub(0.5).abs();
    Tensor y = b.min(b.neg().add(0.5)).mul(2 * Math.PI);
    Tensor c = horner(COS, y.mul(y));
    return b.le(b.like(0.25)).select(c.neg(), c);
  }

  private static double horner(double[] c, double z) {
    double p = c[c.length - 1];
    for (int k = c.length - 2; k >= 0; k--) {
      p = p * z + c[k];
    }
    return p;
  }

  private static Tensor horner(double[] c, Tensor z) {
    Tensor p = z.like(c[c.length - 1]);
    for (int k = c.length - 2; k >= 0; k--) {
      p = p.mul(z).add(c[k]);
    }
    return p;
  }
}
