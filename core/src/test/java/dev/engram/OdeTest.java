package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Steps of differential equations against exact solutions. */
class OdeTest {
  private interface Stepper {
    <X> X step(Fn1<X, X> f, X x, double dt);
  }

  /** A structure of two tensors. */
  private record Pendulum(Tensor angle, Tensor speed) {}

  private static HostTensor of(double... x) {
    return HostTensor.of(x, x.length);
  }

  private static Tensor run(Stepper s, Fn1<Tensor, Tensor> f, Tensor x, double time, int steps) {
    Tensor at = x;
    for (int i = 0; i < steps; i++) {
      at = s.step(f, at, time / steps);
    }
    return at;
  }

  /** dx/dt = x (1 - x), whose solution is logistic. */
  private static double error(Stepper s, int steps) {
    double got = run(s, x -> x.mul(x.neg().add(1)), of(0.2), 2, steps).host().getDouble(0);
    return Math.abs(got - 1 / (1 + 4 * Math.exp(-2)));
  }

  private static void order(Stepper s, int want, int steps) {
    double ratio = error(s, steps) / error(s, 2 * steps);
    assertEquals(want, Math.log(ratio) / Math.log(2), 0.15, "ratio " + ratio);
  }

  @Test
  void errorsFallWithTheOrder() {
    order(Ode::euler, 1, 64);
    order(Ode::heun, 2, 64);
    order(Ode::rk4, 4, 32);
    order(Ode::exponentialEuler, 2, 64);
  }

  private static double pendulumError(Stepper s, int steps) {
    Pendulum at = new Pendulum(of(1), of(0));
    for (int i = 0; i < steps; i++) {
      at = s.step(p -> new Pendulum(p.speed, p.angle.neg()), at, 1.0 / steps);
    }
    return Math.abs(at.angle.host().getDouble(0) - Math.cos(1))
        + Math.abs(at.speed.host().getDouble(0) + Math.sin(1));
  }

  @Test
  void structuresAreSteppedAsOne() {
    List<Stepper> steppers = List.of(Ode::euler, Ode::heun, Ode::rk4, Ode::exponentialEuler);
    int[] orders = {1, 2, 4, 1};
    for (int i = 0; i < orders.length; i++) {
      double ratio = pendulumError(steppers.get(i), 16) / pendulumError(steppers.get(i), 32);
      assertEquals(orders[i], Math.log(ratio) / Math.log(2), 0.15);
    }
  }

  /** dx/dt = λ (c - x) is followed exactly by any step, where the others explode. */
  @Test
  void stiffDecaysAreExact() {
    HostTensor rate = of(1e-9, 0.3, 40, 1e6);
    Fn1<Tensor, Tensor> f = x -> x.neg().add(2).mul(rate);
    double[] got = run(Ode::exponentialEuler, f, of(5, 5, 5, 5), 3, 4).host().toDoubles();
    for (int i = 0; i < 4; i++) {
      double want = 2 + 3 * Math.exp(-3 * rate.getDouble(i));
      assertEquals(want, got[i], 1e-13 * want);
    }
    assertTrue(run(Ode::euler, f, of(5, 5, 5, 5), 3, 4).abs().max().host().item() > 1e10);
    // a stiff nonlinear equation: x' = 100 (cos t - x) + slow terms, t a part of x
    Fn1<Pendulum, Pendulum> forced =
        p -> new Pendulum(p.speed.cos().sub(p.angle).mul(100), p.speed.like(1));
    Pendulum at = new Pendulum(of(0), of(0));
    for (int i = 0; i < 60; i++) {
      at = Ode.exponentialEuler(forced, at, 0.05);
    }
    double t = 3;
    // x = (λ² cos t + λ sin t)/(λ² + 1) after the transient
    double want = (1e4 * Math.cos(t) + 100 * Math.sin(t)) / (1e4 + 1);
    assertEquals(want, at.angle.host().getDouble(0), 0.02);
  }

  /** f(x) = x² has λ = 2x, and φ₁ is read on both sides of where its series ends. */
  @Test
  void theQuotientIsStable() {
    double[] x = {0, 1e-12, -1e-7, 1e-4, 0.0499, 0.0501, -0.06, 2, -30};
    double[] got = Ode.exponentialEuler((Tensor t) -> t.square(), of(x), 1).host().toDoubles();
    Tensor slopes =
        Engram.grad((Tensor t) -> Ode.exponentialEuler((Tensor s) -> s.square(), t, 1).sum())
            .apply(of(x));
    for (int i = 0; i < x.length; i++) {
      // x + x² (e^2x - 1)/2x = x + x/2 expm1(2x), whose slope is 1 + expm1(2x)/2 + x e^2x
      assertEquals(x[i] + x[i] / 2 * Math.expm1(2 * x[i]), got[i], 1e-14 * Math.abs(got[i]));
      double slope = 1 + Math.expm1(2 * x[i]) / 2 + x[i] * Math.exp(2 * x[i]);
      assertEquals(slope, slopes.host().getDouble(i), 1e-13 * Math.abs(slope) + 1e-15);
    }
  }

  @Test
  void shortFloatsRoundOnce() {
    Tensor x = of(1).cast(DType.BF16);
    // 1 - 0.1, once rounded; 0.1 in bf16 is 0.10009765625
    double got = Ode.euler((Tensor t) -> t.neg(), x, 0.1).host().item();
    assertEquals(of(0.9).cast(DType.BF16).host().item(), got);
  }

  @Test
  void mistakesAreNamed() {
    String e =
        assertThrows(TypeException.class, () -> Ode.rk4((Tensor t) -> t.sum(), of(1, 2), 0.1))
            .getMessage();
    assertTrue(e.contains("f64[]") && e.contains("f64[2]") && e.contains("OdeTest.java"), e);
    assertThrows(TypeException.class, () -> Ode.euler((Tensor t) -> t, of(1), 0));
    assertThrows(
        TypeException.class, () -> Ode.heun((Tensor t) -> t, HostTensor.of(new int[] {1}, 1), 0.1));
    assertArrayEquals(
        new double[] {1.1}, Ode.euler((Tensor t) -> t, of(1), 0.1).host().toDoubles(), 1e-15);
    assertFalse(Double.isNaN(Ode.exponentialEuler((Tensor t) -> t, of(0), 1).host().item()));
  }
}
