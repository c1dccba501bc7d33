package dev.engram.tests.slopes;

import org.apache.commons.math3.dfp.Dfp;
import org.apache.commons.math3.dfp.DfpField;
import org.apache.commons.math3.dfp.DfpMath;

/**
 * Functions to some 40 digits, on the decimal floats of Commons Math, whose range is practically
 * unlimited.
 */
final class Digits {
  private static final DfpField FIELD = new DfpField(44);

  /** Enough to reduce the greatest double by a multiple of π. */
  private static final DfpField WIDE = new DfpField(380);

  static final Dfp ZERO = FIELD.getZero();
  static final Dfp ONE = FIELD.getOne();
  static final Dfp TWO = FIELD.getTwo();
  static final Dfp HALF = ONE.divide(2);
  static final Dfp LN2 = FIELD.getLn2();
  static final Dfp LN10 = FIELD.getLn10();
  static final Dfp PI = FIELD.getPi();
  static final Dfp ROOT_PI = PI.sqrt();

  /** Beyond e^±this every type overflows or underflows. */
  private static final Dfp FAR = FIELD.newDfp(4000);

  /** Argument from which the series of the gamma functions have 40 digits. */
  private static final Dfp FAR_RIGHT = FIELD.newDfp(40);

  private static final Dfp[] BERNOULLI = bernoulli(30);

  private Digits() {}

  static Dfp of(double v) {
    return FIELD.newDfp(v);
  }

  static Dfp square(Dfp x) {
    return x.multiply(x);
  }

  static Dfp cube(Dfp x) {
    return x.multiply(x).multiply(x);
  }

  static Dfp inverse(Dfp x) {
    return ONE.divide(x);
  }

  static Dfp exp(Dfp x) {
    return x.greaterThan(FAR)
        ? DfpMath.exp(FAR)
        : x.lessThan(FAR.negate()) ? DfpMath.exp(FAR.negate()) : DfpMath.exp(x);
  }

  static Dfp log(Dfp x) {
    return DfpMath.log(x);
  }

  /** a^b for positive a. */
  static Dfp power(Dfp a, Dfp b) {
    return exp(log(a).multiply(b));
  }

  /** {@code x} less a multiple of 2π. */
  static Dfp turned(double x) {
    if (Math.abs(x) < 3) {
      return of(x);
    }
    Dfp period = WIDE.getPi().multiply(2);
    Dfp wide = WIDE.newDfp(x);
    Dfp turns = wide.divide(period).rint();
    return FIELD.newDfp(wide.subtract(turns.multiply(period)).toString());
  }

  static Dfp sin(Dfp x) {
    return DfpMath.sin(x);
  }

  static Dfp cos(Dfp x) {
    return DfpMath.cos(x);
  }

  // σ(x) = 1 / (1 + e^-x)
  static Dfp sigmoid(Dfp x) {
    return inverse(ONE.add(exp(x.negate())));
  }

  static Dfp sinh(Dfp x) {
    if (x.abs().lessThan(of(1e-6))) { // x + x³/6 + x⁵/120 + x⁷/5040 + …
      Dfp sum = ZERO;
      Dfp term = x;
      for (int k = 1; k < 12; k++) {
        sum = sum.add(term);
        term = term.multiply(square(x)).divide(2 * k * (2 * k + 1));
      }
      return sum;
    }
    return exp(x).subtract(exp(x.negate())).divide(2);
  }

  static Dfp cosh(Dfp x) {
    return exp(x).add(exp(x.negate())).divide(2);
  }

  static Dfp tanh(Dfp x) {
    return x.abs().greaterThan(FAR) ? ONE : sinh(x).divide(cosh(x));
  }

  // erf x = 2/√π e^(-x²) Σ 2^n x^(2n+1) / (2n+1)!!
  static Dfp erf(Dfp x) {
    Dfp term = x;
    Dfp sum = x;
    for (int n = 1; term.abs().greaterThan(sum.abs().multiply(of(1e-42))); n++) {
      term = term.multiply(square(x)).multiply(2).divide(2 * n + 1);
      sum = sum.add(term);
    }
    return sum.multiply(2).divide(ROOT_PI).multiply(exp(square(x).negate()));
  }

  /** y with erf y = x, by Newton's method from {@code near}. */
  static Dfp inverseErf(Dfp x, double near) {
    Dfp y = of(near);
    for (int i = 0; i < 4; i++) {
      Dfp slope = exp(square(y).negate()).multiply(2).divide(ROOT_PI);
      y = y.subtract(erf(y).subtract(x).divide(slope));
    }
    return y;
  }

  /**
   * The n-th derivative of ψ, n >= 0: series 6.3.18 and 6.4.11 of Abramowitz and Stegun, far to the
   * right, and recurrences 6.3.6 and 6.4.6 back.
   */
  static Dfp polygamma(int n, Dfp x) {
    Dfp sum = ZERO;
    Dfp at = x;
    while (at.lessThan(FAR_RIGHT)) {
      sum = sum.add(inverse(at.pow(n + 1)));
      at = at.add(ONE);
    }
    Dfp factorial = ONE;
    for (int k = 2; k <= n; k++) {
      factorial = factorial.multiply(k);
    }
    Dfp far;
    if (n == 0) {
      far = log(at).subtract(HALF.divide(at));
      for (int k = 1; k < BERNOULLI.length; k++) {
        far = far.subtract(BERNOULLI[k].divide(2 * k).divide(at.pow(2 * k)));
      }
      return far.subtract(sum);
    }
    far = factorial.divide(n).divide(at.pow(n)).add(factorial.divide(at.pow(n + 1)).divide(2));
    for (int k = 1; k < BERNOULLI.length; k++) {
      Dfp rising = ONE; // (2k + n - 1)! / (2k)!
      for (int j = 2 * k + 1; j <= 2 * k + n - 1; j++) {
        rising = rising.multiply(j);
      }
      far = far.add(BERNOULLI[k].multiply(rising).divide(at.pow(2 * k + n)));
    }
    Dfp all = far.add(factorial.multiply(sum));
    return n % 2 == 1 ? all : all.negate();
  }

  // B_m = -1/(m+1) Σ_(j<m) C(m+1, j) B_j; here B_0, B_2, B_4, …
  private static Dfp[] bernoulli(int n) {
    Dfp[] b = new Dfp[2 * n];
    b[0] = ONE;
    for (int m = 1; m < b.length; m++) {
      Dfp sum = ZERO;
      Dfp choose = ONE;
      for (int j = 0; j < m; j++) {
        sum = sum.add(choose.multiply(b[j]));
        choose = choose.multiply(m + 1 - j).divide(j + 1);
      }
      b[m] = sum.negate().divide(m + 1);
    }
    Dfp[] even = new Dfp[n];
    for (int k = 0; k < n; k++) {
      even[k] = b[2 * k];
    }
    return even;
  }
}
