package dev.engram.random;

import dev.engram.ir.Tensor;

/**
 * Elementary functions computed from sums, products and quotients alone, which round the same
 * everywhere, so that random numbers have the same bits on every backend. They are over f64
 * tensors; those of {@link KnownRandom} exist over a {@code double}, too, operation for operation.
 */
public final class ExactMath {
  private static final int[] POWERS = {32, 16, 8, 4, 2, 1};

  // ln m = 2s (1 + s²/3 + s⁴/5 + …) with s = (m-1)/(m+1); s² < 0.03 for √½ ≤ m < √2
  private static final double[] LOG = new double[11];

  // cos y = 1 - y²/2! + y⁴/4! - …, for 0 ≤ y ≤ π/2
  private static final double[] COS = new double[12];

  // e^r = 1 + r + r²/2! + …, for |r| ≤ ½ ln 2
  private static final double[] EXP = new double[15];

  // sin y / y = 1 - y²/3! + y⁴/5! - …, for 0 ≤ y ≤ π/2
  private static final double[] SIN = new double[12];

  // ln Γ(y) = (y-½) ln y - y + ½ ln 2π + 1/12y - 1/360y³ + …, Abramowitz and Stegun 6.1.41
  private static final double[] STIRLING = {
    1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156
  };

  /** ln 2 in two parts, of which the first times any exponent is exact. */
  private static final double LN2_HIGH = 0x1.62e42feep-1;

  private static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  private static final int[] SCALES = {512, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1};

  /** Factors that the argument of {@link #logFactorial} is raised by, up to where its series is. */
  private static final int RAISED = 9;

  static {
    double one = 1;
    for (int k = 0; k < EXP.length; k++) {
      EXP[k] = one;
      one /= k + 1;
    }
    double odd = 1;
    for (int k = 0; k < SIN.length; k++) {
      SIN[k] = odd;
      odd /= -(2 * k + 2) * (2 * k + 3);
    }
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

  /** ln x for 2^-64 ≤ x ≤ 2^64. */
  public static Tensor logWide(Tensor x) {
    Tensor above = x.gt(1);
    Tensor log = log(above.select(x.reciprocal(), x));
    return above.select(log.neg(), log);
  }

  /** ln (1-p) for 0 ≤ p ≤ ½ (Kahan's correction of the rounding of 1-p). */
  public static Tensor logWithout(Tensor p) {
    Tensor q = p.neg().add(1);
    Tensor lost = q.eq(1);
    Tensor gap = lost.select(p.like(1), q.neg().add(1));
    return lost.select(p.neg(), log(q).mul(p.div(gap)));
  }

  /** {@code e^x}; 0 and ∞ beyond the range of f64. */
  public static Tensor exp(Tensor x) {
    Tensor c = x.clip(-760, 720);
    Tensor k = c.mul(1 / Math.log(2)).add(0.5).floor();
    Tensor r = c.sub(k.mul(LN2_HIGH)).sub(k.mul(LN2_LOW));
    Tensor y = horner(EXP, r);
    Tensor down = k.lt(0);
    Tensor rest = k.abs();
    for (int s : SCALES) {
      Tensor big = rest.ge(s);
      Tensor factor = down.select(y.like(Math.scalb(1.0, -s)), y.like(Math.scalb(1.0, s)));
      y = big.select(y.mul(factor), y);
      rest = big.select(rest.sub(s), rest);
    }
    return y;
  }

  /** {@code cot(πx/2)} for {@code 0 < x ≤ 1}. */
  public static Tensor cotQuarter(Tensor x) {
    Tensor y = x.mul(Math.PI / 2);
    Tensor z = y.mul(y);
    return horner(COS, z).div(horner(SIN, z).mul(y));
  }

  /** {@code ln k!} for integers 0 ≤ k ≤ 2^32. */
  public static Tensor logFactorial(Tensor k) {
    Tensor x = k.add(1);
    Tensor small = x.lt(RAISED);
    Tensor product = x.like(1);
    for (int i = 0; i < RAISED; i++) {
      product = product.mul(x.add(i));
    }
    // ln Γ(x) = ln Γ(x+n) - ln x(x+1)…(x+n-1)
    Tensor before = logWide(small.select(product, x.like(1)));
    Tensor y = small.select(x.add(RAISED), x);
    Tensor inverse = y.reciprocal();
    Tensor tail = horner(STIRLING, inverse.mul(inverse)).mul(inverse);
    Tensor main = y.sub(0.5).mul(logWide(y)).sub(y).add(0.5 * Math.log(2 * Math.PI));
    return main.add(tail).sub(before);
  }

  /** The sum along the last axis, in an order of its own: that of folds differs by program. */
  public static Tensor sum(Tensor x) {
    Tensor y = x;
    while (y.dim(-1) > 1) {
      int n = y.dim(-1);
      int half = n / 2;
      Tensor pairs = y.slice(-1, 0, half).add(y.slice(-1, half, 2 * half));
      y = n % 2 == 0 ? pairs : Tensor.concat(-1, pairs, y.slice(-1, n - 1, n));
    }
    return y;
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
