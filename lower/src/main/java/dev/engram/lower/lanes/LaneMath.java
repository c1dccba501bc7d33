package dev.engram.lower.lanes;

import dev.engram.ir.DType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.lower.lanes.LaneProgram.Node;
import org.jspecify.annotations.Nullable;

/**
 * Elementary functions as lane programs, for f32 or f64. Their measured errors, in ulp, are listed
 * in the test of this class.
 */
final class LaneMath {
  private final LaneProgram l;
  private final DType real;
  private final DType whole;
  private final boolean wide;
  private final int mantissa; // explicit bits
  private final long bias;

  LaneMath(LaneProgram lanes, DType dtype) {
    l = lanes;
    real = dtype;
    wide = dtype == DType.F64;
    whole = wide ? DType.I64 : DType.I32;
    mantissa = wide ? 52 : 23;
    bias = wide ? 1023 : 127;
  }

  private static final double[] EXPQ5 = {
    0.5,
    0.1666666716337204,
    0.041666463017463684,
    0.00833331048488617,
    0.0013933685841038823,
    0.00019891030387952924
  };
  private static final double[] EXPQ10 = {
    0.5,
    0.1666666666666667,
    0.04166666666666667,
    0.008333333333326112,
    0.001388888888888373,
    0.0001984126987490126,
    2.4801587325605324e-05,
    2.7557255297969643e-06,
    2.755727357010214e-07,
    2.5105259538448494e-08,
    2.0914717341716378e-09
  };
  private static final double[] SIN3 = {
    -0.1666666716337204, 0.008333331905305386, -0.0001983999682124704, 2.7238454549660673e-06
  };
  private static final double[] COS3 = {
    0.0416666679084301, -0.00138888880610466, 2.4800525352475233e-05, -2.7291383730698726e-07
  };
  private static final double[] SIN6 = {
    -0.16666666666666666,
    0.008333333333333331,
    -0.000198412698412641,
    2.7557319218602575e-06,
    -2.5052105981350752e-08,
    1.6058492556729892e-10,
    -7.584436884170301e-13
  };
  private static final double[] COS6 = {
    0.041666666666666664,
    -0.0013888888888888887,
    2.480158730158411e-05,
    -2.7557319220993294e-07,
    2.0876755651474404e-09,
    -1.1470439169481705e-11,
    4.7446152351836426e-14
  };
  private static final double[] ERFA7 = {
    0.12837916612625122,
    -0.37612637877464294,
    0.11283782124519348,
    -0.026865430176258087,
    0.005221031606197357,
    -0.0008484080317430198,
    0.00011265958892181516,
    -9.667044650996104e-06
  };
  private static final double[] ERFA12 = {
    0.1283791670955126, -0.3761263890318375, 0.11283791670954879, -0.026866170645076792,
        0.0052239776248180145,
    -0.000854832698083379, 0.0001205533111164271, -1.4925595266831182e-05, 1.6461000484121368e-06,
        -1.6350312701054695e-07,
    1.4659775274047436e-08, -1.1372848856791674e-09, 5.957176147748911e-11
  };
  private static final double[] ERFB8 = {
    0.5107913613319397,
    0.16721101105213165,
    -0.20384429395198822,
    0.12151474505662918,
    -0.02897638827562332,
    -0.007509583607316017,
    0.00478301290422678,
    0.001051681931130588,
    -0.0007276184624060988
  };
  private static final double[] ERFB16 = {
    0.5107913526210115, 0.16721101041410613, -0.20384429592887846, 0.12151493052460556,
        -0.028976446698089096,
    -0.007515738412315633, 0.004784898557632821, 0.0011266580534290385, -0.0007501846147087502,
        -0.0003143522063454184,
    8.941854406312614e-05, 8.932473518312113e-05, 6.2464190144898304e-06, -1.902277165092471e-05,
        -8.694796628813066e-06,
    1.7538001544128534e-06, 2.851537766213464e-06
  };

  private Node c(double v) {
    return l.number(real, v);
  }

  private Node i(long v) {
    return l.constant(whole, wide ? v : (int) v);
  }

  private long rawBits(double v) {
    return wide ? Double.doubleToRawLongBits(v) : Float.floatToRawIntBits((float) v);
  }

  private Node bits(double v) {
    return i(rawBits(v));
  }

  /** c0 + x (c1 + x (c2 + ...)). */
  private Node horner(Node x, double[] cs) {
    Node p = c(cs[cs.length - 1]);
    for (int i = cs.length - 2; i >= 0; i--) {
      p = l.fma(p, x, c(cs[i]));
    }
    return p;
  }

  /** Evaluates even and odd parts in x² and adds them: half the dependency chain of Horner. */
  private Node poly(Node x, double[] cs) {
    if (cs.length < 4) {
      return horner(x, cs);
    }
    Node x2 = l.mul(x, x);
    double[] even = new double[(cs.length + 1) / 2];
    double[] odd = new double[cs.length / 2];
    for (int i = 0; i < cs.length; i++) {
      (i % 2 == 0 ? even : odd)[i / 2] = cs[i];
    }
    return l.fma(horner(x2, odd), x, horner(x2, even));
  }

  private Node clamp(Node x, double lo, double hi) {
    Node y = l.select(l.lt(c(hi), x), c(hi), x);
    return l.select(l.lt(y, c(lo)), c(lo), y);
  }

  /** Adding and subtracting this rounds to the nearest integer. */
  private double magic() {
    return wide ? 0x1.8p52 : 0x1.8p23;
  }

  private record Reduced(Node shifted, Node n, Node r) {}

  /** x = n ln2 + r, |r| <= ln2/2; the low bits of {@code shifted} are n. */
  private Reduced reduceByLn2(Node x) {
    Node shifted = l.fma(x, c(1 / Math.log(2)), c(magic()));
    Node n = l.sub(shifted, c(magic()));
    Node r = l.fma(n, c(wide ? -0x1.62e42fefa39efp-1 : -0x1.62e430p-1), x);
    r = l.fma(n, c(wide ? -0x1.abc9e3b39803fp-56 : 0x1.05c610p-29), r);
    return new Reduced(shifted, n, r);
  }

  Node exp(Node x0) {
    Node x = wide ? clamp(x0, -746, 710) : clamp(x0, -104, 89);
    Reduced d = reduceByLn2(x);
    // e^r = 1 + r + r² q(r)
    Node q = poly(d.r, wide ? EXPQ10 : EXPQ5);
    Node p = l.add(l.fma(l.mul(d.r, d.r), q, d.r), c(1));
    // 2^n as two factors, so that results near overflow and subnormal results are rounded once
    Node m = l.add(l.toBits(d.shifted), i(2 * bias - rawBits(magic())));
    Node m1 = l.ushr(m, 1);
    Node m2 = l.sub(m, m1);
    return l.mul(l.mul(p, l.fromBits(l.shl(m1, mantissa))), l.fromBits(l.shl(m2, mantissa)));
  }

  Node expm1(Node x0) {
    Node x = wide ? clamp(x0, -40, 710) : clamp(x0, -20, 89);
    Reduced d = reduceByLn2(x);
    Node q = poly(d.r, wide ? EXPQ10 : EXPQ5);
    Node em = l.fma(l.mul(d.r, d.r), q, d.r);
    // 2^n (em + 1) - 1 = 2 (s em + (s - 1/2)), s = 2^(n-1)
    Node s =
        l.fromBits(l.shl(l.add(l.toBits(d.shifted), i(bias - 1 - rawBits(magic()))), mantissa));
    Node h = l.fma(em, s, l.sub(s, c(0.5)));
    Node y = l.add(h, h);
    return l.select(l.lt(l.abs(x0), c(wide ? 0x1p-54 : 0x1p-25)), x0, y);
  }

  /** The magnitude of y >= 0 with the sign of x. */
  private Node withSignOf(Node y, Node x) {
    Node sign = l.and(l.toBits(x), i(wide ? Long.MIN_VALUE : Integer.MIN_VALUE));
    return l.fromBits(l.or(l.toBits(y), sign));
  }

  // tanh |x| = t / (t + 2), t = e^(2|x|) - 1
  Node tanh(Node x) {
    Node a = l.abs(x);
    Node twice = l.add(a, a);
    Node t = expm1(l.select(l.lt(c(wide ? 44 : 20), twice), c(wide ? 44 : 20), twice));
    Node y = l.div(t, l.add(t, c(2)));
    return withSignOf(l.select(l.lt(a, c(wide ? 0x1p-28 : 0x1p-13)), a, y), x);
  }

  // 1 / (1 + e^-x), from e^-|x| so that the left tail keeps its relative accuracy
  Node logistic(Node x) {
    Node e = exp(l.neg(l.abs(x)));
    return l.div(l.select(l.lt(x, c(0)), e, c(1)), l.add(c(1), e));
  }

  // max(x, 0) + log(1 + e^-|x|)
  Node softplus(Node x) {
    Node tail = log1p(exp(l.neg(l.abs(x))));
    return l.add(l.select(l.lt(x, c(0)), c(0), x), tail);
  }

  private Node logKernel(Node u, Node exponentShift, @Nullable Node low) {
    // u = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2)
    Node ix = l.add(l.toBits(u), i(rawBits(1) - rawBits(Math.sqrt(0.5))));
    Node biased = l.ushr(ix, mantissa);
    double two = wide ? 0x1p52 : 0x1p23;
    Node k = l.sub(l.fromBits(l.or(biased, bits(two))), exponentShift);
    Node f =
        l.sub(l.fromBits(l.add(l.and(ix, i((1L << mantissa) - 1)), bits(Math.sqrt(0.5)))), c(1));
    // log(1 + f) = f - (f²/2 - s (f²/2 + R(s²))), s = f / (2 + f)
    Node s = l.div(f, l.add(c(2), f));
    Node z = l.mul(s, s);
    Node r = l.mul(z, poly(z, wide ? LOG64 : LOG32));
    Node hfsq = l.mul(l.mul(c(0.5), f), f);
    Node lo = l.mul(k, c(wide ? 1.9082149292705877e-10 : 9.0580006145e-06));
    if (low != null) {
      lo = l.add(lo, low);
    }
    Node t = l.fma(s, l.add(hfsq, r), lo);
    return l.fma(k, c(wide ? 0.6931471803691238 : 6.9313812256e-01), l.sub(f, l.sub(hfsq, t)));
  }

  Node log(Node x) {
    double two = wide ? 0x1p52 : 0x1p23;
    Node tiny = l.lt(x, c(wide ? Double.MIN_NORMAL : Float.MIN_NORMAL));
    Node u = l.select(tiny, l.mul(x, c(two)), x);
    Node shift = l.select(tiny, c(two + bias + mantissa), c(two + bias));
    Node y = logKernel(u, shift, null);
    return logEdges(x, y, x, 0);
  }

  /**
   * Handles arguments of log that are not positive and finite: +inf and NaN stay, 0 becomes -inf,
   * negative numbers become NaN.
   */
  private Node logEdges(Node arg, Node y, Node ifLarge, double zeroAt) {
    y = l.select(l.lt(arg, c(Double.POSITIVE_INFINITY)), y, ifLarge);
    y =
        l.select(
            l.le(arg, c(zeroAt)),
            l.select(l.eq(arg, c(zeroAt)), c(Double.NEGATIVE_INFINITY), c(Double.NaN)),
            y);
    return y;
  }

  Node log1p(Node x) {
    Node u = l.add(c(1), x);
    // the rounding error of 1 + x, relative to u
    Node big = l.lt(c(1), x);
    Node lost = l.sub(l.select(big, c(1), x), l.sub(u, l.select(big, x, c(1))));
    double two = wide ? 0x1p52 : 0x1p23;
    Node y = logKernel(u, c(two + bias), l.div(lost, u));
    y = l.select(l.lt(l.abs(x), c(wide ? 0x1p-54 : 0x1p-25)), x, y);
    return logEdges(x, y, x, -1);
  }

  private record Turned(Node quadrant, Node r, Node rLow) {}

  /** x = n pi/2 + r + rLow, |r| <= pi/4; the low bits of quadrant are n. */
  private Turned reduceByHalfPi(Node x) {
    Node shifted = l.fma(x, c(2 / Math.PI), c(magic()));
    Node n = l.sub(shifted, c(magic()));
    double p1 = wide ? 0x1.921fb54442d18p+0 : 0x1.921fb6p+0;
    double p2 = wide ? 0x1.1a62633145c07p-54 : -0x1.777a5cp-25;
    double p3 = wide ? -0x1.f1976b7ed8fbcp-110 : -0x1.ee59dap-50;
    Node r1 = l.fma(n, c(-p1), x); // exact
    // r + low = r1 - n p2 - n p3: an exact product and Knuth's two-sum, since r may be tiny
    // compared with r1
    Node product = l.mul(n, c(-p2));
    Node productLow = l.fma(n, c(-p2), l.neg(product));
    Node r = l.add(r1, product);
    Node part = l.sub(r, r1);
    Node sumLow = l.add(l.sub(r1, l.sub(r, part)), l.sub(product, part));
    Node low = l.add(sumLow, l.fma(n, c(-p3), productLow));
    return new Turned(l.toBits(shifted), r, low);
  }

  private Node sinPoly(Node r, Node low) {
    Node z = l.mul(r, r);
    // sin(r + low) = r + r³ S(z) + low (1 - z/2)
    Node tail =
        l.fma(l.mul(z, r), poly(z, wide ? SIN6 : SIN3), l.mul(low, l.fma(z, c(-0.5), c(1))));
    return l.add(r, tail);
  }

  private Node cosPoly(Node r, Node low) {
    Node z = l.mul(r, r);
    // cos(r + low) = 1 - z/2 + z² C(z) - r low
    Node half = l.mul(z, c(0.5));
    Node w = l.sub(c(1), half);
    Node tail =
        l.fma(
            l.mul(z, z),
            poly(z, wide ? COS6 : COS3),
            l.sub(l.sub(l.sub(c(1), w), half), l.mul(r, low)));
    return l.add(w, tail);
  }

  private Node sinOrCos(Node x, int quarter) {
    Turned t = reduceByHalfPi(x);
    Node q = quarter == 0 ? t.quadrant : l.add(t.quadrant, i(quarter));
    // masks of integer and float lanes do not mix, so parity is encoded as the sign of a float
    Node parity = l.fromBits(l.or(l.shl(q, wide ? 63 : 31), bits(1)));
    Node y = l.select(l.lt(parity, c(0)), cosPoly(t.r, t.rLow), sinPoly(t.r, t.rLow));
    Node sign = l.shl(l.and(q, i(2)), wide ? 62 : 30);
    Node signed = l.fromBits(l.xor(l.toBits(y), sign));
    Node fast =
        quarter == 0 ? l.select(l.lt(l.abs(x), c(wide ? 0x1p-28 : 0x1p-13)), x, signed) : signed;
    // beyond the bound n has too few bits left, so those elements are computed one by one
    Node far = l.lt(c(wide ? 1e9 : 1e5), l.abs(x));
    ElementwiseRow row = quarter == 0 ? Rows.SIN : Rows.COS;
    return l.nodeWith(LaneProgram.Op.PATCH, real, row, far, x, fast);
  }

  Node sin(Node x) {
    return sinOrCos(x, 0);
  }

  Node cos(Node x) {
    return sinOrCos(x, 1);
  }

  Node erf(Node x) {
    Node a = l.abs(x);
    Node z = l.mul(a, a);
    Node inner = l.fma(a, poly(z, wide ? ERFA12 : ERFA7), a);
    // |x| >= 1: 1 - e^(-x²) g(t) / x, t = (x - 2) / (x + 2)
    double top = wide ? 6 : 4;
    Node b = l.select(l.lt(c(top), a), c(top), a);
    b = l.select(l.lt(b, c(1)), c(1), b);
    Node t = l.div(l.sub(b, c(2)), l.add(b, c(2)));
    Node tail = l.div(l.mul(exp(l.neg(l.mul(b, b))), poly(t, wide ? ERFB16 : ERFB8)), b);
    Node outer = l.sub(c(1), tail);
    Node y = withSignOf(l.select(l.lt(a, c(1)), inner, outer), x);
    return l.select(l.eq(x, x), y, x);
  }

  private static final double[] LOG64 = {
    0.6666666666666735,
    0.3999999999940942,
    0.2857142874366239,
    0.22222198432149784,
    0.1818357216161805,
    0.15313837699209373,
    0.14798198605116586
  };
  private static final double[] LOG32 = {
    0xaaaaaa.0p-24, 0xccce13.0p-25, 0x91e9ee.0p-25, 0xf89e26.0p-26
  };
}
