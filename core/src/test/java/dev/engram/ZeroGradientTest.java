package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Gradients that are zero by construction are zero, even next to infinities. */
class ZeroGradientTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final HostTensor ZERO_AND_TWO = HostTensor.of(new double[] {0, 2}, 2);

  private static double[] gradient(Fn1<Tensor, Tensor> f, Tensor x) {
    return Engram.grad((Tensor v) -> f.apply(v).sum()).apply(x).host().toDoubles();
  }

  private static double[] hessian(Fn1<Tensor, Tensor> f, Tensor x) {
    return Engram.hessian((Tensor v) -> f.apply(v).sum()).apply(x).host().toDoubles();
  }

  private static HostTensor of(double... v) {
    return HostTensor.of(v, v.length);
  }

  @Test
  void theBranchNotTaken() {
    // x > 0 ? √x ln x : 0, with f' = (ln x / 2 + 1) / √x, f'' = -ln x / (4 x^(3/2))
    Fn1<Tensor, Tensor> f = x -> x.gt(0).select(x.log().mul(x.sqrt()), x.like(0));
    double root = Math.sqrt(2);
    assertArrayEquals(
        new double[] {0, (Math.log(2) / 2 + 1) / root}, gradient(f, ZERO_AND_TWO), 1e-15);
    assertArrayEquals(
        new double[] {0, 0, 0, -Math.log(2) / (4 * 2 * root)}, hessian(f, ZERO_AND_TWO), 1e-15);
    // The other branch, a quotient, and an exponential that overflows.
    Fn1<Tensor, Tensor> g = x -> x.eq(0).select(x, x.square().reciprocal());
    assertArrayEquals(new double[] {1, -0.25}, gradient(g, ZERO_AND_TWO), 1e-15);
    assertArrayEquals(new double[] {0, 0, 0, 0.375}, hessian(g, ZERO_AND_TWO), 1e-15);
    Fn1<Tensor, Tensor> h = x -> x.gt(100).select(x, x.exp().square());
    assertArrayEquals(new double[] {1, 2}, gradient(h, of(1000, 0)), 1e-15);
  }

  @Test
  void throughMovesSumsAndChoicesWithinChoices() {
    Tensor x = HostTensor.of(new double[] {0, 1, 2, 4}, 2, 2);
    // Selected rows, like the examples of a padded batch.
    Tensor counts = HostTensor.of(new boolean[] {false, true}, 2);
    Fn1<Tensor, Tensor> rows = v -> counts.select(v.log().sum(1), HostTensor.of(new double[2], 2));
    assertArrayEquals(new double[] {0, 0, 0.5, 0.25}, gradient(rows, x), 1e-15);
    Fn1<Tensor, Tensor> turned =
        v -> counts.select(v.transpose().log().reshape(4).reshape(2, 2), v.like(0));
    assertArrayEquals(new double[] {0, 0, 0.5, 0.25}, gradient(turned, x), 1e-15);
    Fn1<Tensor, Tensor> within =
        v -> v.gt(0).select(v.gt(1).select(v.sub(1).log(), v.like(0)).mul(v.log()), v);
    double[] got = gradient(within, x);
    assertEquals(1, got[0]);
    assertEquals(0, got[1]);
    assertEquals(Math.log(2), got[2], 1e-15);
    assertEquals(Math.log(4) / 3 + Math.log(3) / 4, got[3], 1e-15);
  }

  /** n nested choices, each with a factor that is NaN if not taken. */
  private static Tensor chain(Tensor x, int n) {
    Tensor y = x;
    for (int k = 0; k < n; k++) {
      y = x.gt(k).select(y.mul(x.sub(k).log()), x.like(0));
    }
    return y;
  }

  @Test
  void aLongChainOfChoices() {
    int n = 20;
    double[] x = {0.5, 7.5, 30.5};
    // d (x Π ln(x - k)) = f (1/x + Σ 1 / ((x - k) ln(x - k)))
    double f = x[2];
    double relative = 1 / x[2];
    for (int k = 0; k < n; k++) {
      f *= Math.log(x[2] - k);
      relative += 1 / ((x[2] - k) * Math.log(x[2] - k));
    }
    double[] got = gradient(v -> chain(v, n), of(x));
    assertArrayEquals(new double[] {0, 0}, Arrays.copyOf(got, 2));
    assertEquals(f * relative, got[2], 1e-12 * f);
  }

  /** The graph grows with the chain, not with its square. */
  @Test
  void aLongChainHasALinearGradient() {
    int[] sizes = new int[2];
    for (int i = 0; i < 2; i++) {
      int n = 64 << i;
      sizes[i] =
          TracedFunction.of(
                  "gradient",
                  in -> Engram.grad((Tensor v) -> chain(v, n).sum()).apply((Tensor) in.getFirst()),
                  List.of(ZERO_AND_TWO))
              .graph()
              .eqns()
              .size();
    }
    assertTrue(sizes[1] < 2.1 * sizes[0], sizes[0] + " and " + sizes[1] + " equations");
    assertTrue(sizes[0] < 30 * 64, sizes[0] + " equations of 64 choices");
  }

  /**
   * Control: an infinite derivative of the branch taken stays, and so does a NaN outside of
   * choices.
   */
  @Test
  void whatIsTakenStaysInfinite() {
    Fn1<Tensor, Tensor> f = x -> x.ge(0).select(x.sqrt(), x);
    assertEquals(INF, gradient(f, ZERO_AND_TWO)[0]);
    Fn1<Tensor, Tensor> g = x -> x.sqrt().mul(x);
    assertTrue(Double.isNaN(gradient(g, ZERO_AND_TWO)[0]));
  }

  @Test
  void lengthsAtZero() {
    HostTensor zeros = of(0, 0, 0);
    assertArrayEquals(zeros.toDoubles(), gradient(x -> x.norm(), zeros));
    assertArrayEquals(zeros.toDoubles(), gradient(x -> x.std(), zeros));
    assertArrayEquals(zeros.toDoubles(), gradient(x -> x.std(), of(2, 2, 2)));
    assertEquals(0, Engram.jvp((Tensor x) -> x.norm(), zeros, of(1, 2, 3)).tangent().host().item());
    for (Fn1<Tensor, Tensor> f :
        List.<Fn1<Tensor, Tensor>>of(
            x -> x.get(0).hypot(x.get(1)), x -> x.get(0).atan2(x.get(1)))) {
      assertArrayEquals(new double[2], gradient(f, of(0, 0)));
    }
    // Control: away from 0 they are unchanged.
    assertArrayEquals(new double[] {0.6, 0.8}, gradient(x -> x.norm(), of(3, 4)), 1e-15);
    assertArrayEquals(new double[] {-0.5, 0.5}, gradient(x -> x.std(), of(1, 3)), 1e-15);
  }

  @Test
  void sumsOfNothing() {
    HostTensor none = of(-INF, -INF);
    assertEquals(-INF, none.logSumExp().host().item());
    assertArrayEquals(new double[2], gradient(x -> x.logSumExp(), none));
    assertArrayEquals(new double[4], hessian(x -> x.logSumExp(), none));
    assertArrayEquals(new double[2], gradient(x -> x.cumLogSumExp(0).get(1), none));
    assertArrayEquals(new double[2], gradient(x -> x.get(0).logAddExp(x.get(1)), none));
    // The only unmasked element gets everything.
    HostTensor one = of(-INF, 3);
    assertArrayEquals(new double[] {0, 1}, gradient(x -> x.logSumExp(), one));
    assertArrayEquals(new double[] {0, 1}, gradient(x -> x.get(0).logAddExp(x.get(1)), one));
    assertArrayEquals(
        new double[] {1, 0}, gradient(x -> x.get(0).logAddExp(x.get(1)), of(3, -INF)));
  }

  @Test
  void powersOfZeroWithIntegersInATensor() {
    Tensor k = of(0, 1, 2, 3, 4);
    double[][] want = {{0, 1, 0, 0, 0}, {0, 0, 2, 0, 0}, {0, 0, 0, 6, 0}, {0, 0, 0, 0, 24}};
    for (int e = 0; e < 5; e++) {
      Tensor exponent = k.slice(0, e, e + 1);
      Fn1<Tensor, Tensor> f = x -> x.pow(exponent).sum();
      for (int order = 0; order < 4; order++) {
        Fn1<Tensor, Tensor> last = f;
        f = Engram.grad((Tensor x) -> last.apply(x));
        Tensor zero = HostTensor.of(new double[] {0});
        assertEquals(
            want[order][e], f.apply(zero).host().item(), "x^" + e + ", order " + (order + 1));
      }
    }
    // With respect to the exponent, the derivative of 0^k is 0 for k >= 0 and -∞ for k < 0.
    Fn1<Tensor, Tensor> inExponent = x -> x.like(0).pow(x);
    assertArrayEquals(new double[] {0, 0, -INF}, gradient(inExponent, of(2, 0, -1)));
  }

  @Test
  void quotientsRoundedDown() {
    Tensor a = of(1, -1, 0, 7, -7, 7, 1);
    Tensor b = of(0, 0, 0, 2, 2, -2, INF);
    double[] want = {INF, -INF, Double.NaN, 3, -4, -4, 0};
    assertArrayEquals(want, a.floorDiv(b).host().toDoubles());
    assertArrayEquals(new double[7], gradient(x -> x.floorDiv(b), a));
  }

  /** Two paths to one value, both within one branch. */
  @Test
  void whatTwoChoicesWithinABranchHaveInCommon() {
    Fn1<Tensor, Tensor> f =
        x -> {
          Tensor root = x.sqrt();
          return x.gt(0).select(x.gt(1).select(root.neg(), root), x.like(0));
        };
    assertArrayEquals(new double[] {0, 1, -0.25}, gradient(f, of(0, 0.25, 4)), 1e-15);
  }

  @Test
  void mixedDerivativeOfAPowerAtExponentZero() {
    // d/db b a^(b-1) = 1/a at b = 0
    Tensor h = Engram.hessian((Tensor x) -> x.get(0).pow(x.get(1))).apply(of(3, 0));
    double log = Math.log(3);
    assertArrayEquals(new double[] {0, 1 / 3.0, 1 / 3.0, log * log}, h.host().toDoubles(), 1e-15);
  }

  @Test
  void theOrderOfPolygammaIsRoundedBeforeItIsRaised() {
    // ψ'(1) = π²/6; the order ½ is rounded to 0
    Fn1<Tensor, Tensor> f = x -> x.like(0.5).polygamma(x);
    assertEquals(Math.PI * Math.PI / 6, gradient(f, of(1))[0], 1e-13);
  }
}
