package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Those that {@link OptimizerTest} does not test, beyond the vectors of other libraries. */
class GradientTransformsTest {
  private static final double NAN = Double.NaN;

  private static Grads of(Tensor g) {
    return new Grads(Map.of("w", g));
  }

  private static double[] values(Grads g) {
    return g.get("w").host().toDoubles();
  }

  @Test
  void noiseHasItsDeviation() {
    int n = 40_000;
    Grads zero = of(HostTensor.full(TensorType.of(DType.F64, n), 3));
    Tensor deviation = HostTensor.of(new float[] {0.5f});
    double[] x = values(GradientTransforms.withNoise(zero, RandomKey.of(1), deviation));
    double mean = 0;
    double square = 0;
    for (double v : x) {
      mean += (v - 3) / n;
      square += (v - 3) * (v - 3) / n;
    }
    assertEquals(0, mean, 5 * 0.5 / Math.sqrt(n)); // five standard errors
    assertEquals(0.25, square, 5 * 0.25 * Math.sqrt(2.0 / n));
    double[] same = values(GradientTransforms.withNoise(zero, RandomKey.of(1), deviation));
    assertArrayEquals(x, same);
    double[] other = values(GradientTransforms.withNoise(zero, RandomKey.of(2), deviation));
    assertNotEquals(x[0], other[0]);
  }

  @Test
  void eachGradientHasNoiseOfItsOwn() {
    Tensor zeros = HostTensor.of(new float[3], 3);
    Grads out =
        GradientTransforms.withNoise(
            new Grads(Map.of("a", zeros, "b", zeros)),
            RandomKey.of(1),
            HostTensor.of(new float[] {1}));
    assertNotEquals(out.get("a").host().getDouble(0), out.get("b").host().getDouble(0));
    String e =
        assertThrows(
                TypeException.class,
                () -> GradientTransforms.withNoise(of(zeros), RandomKey.of(1), zeros))
            .getMessage();
    assertTrue(e.contains("deviation has type f32[3], expected a float scalar"), e);
  }

  @Test
  void nansBecomeZero() {
    double[] x = {1, NAN, -2, Double.POSITIVE_INFINITY};
    double[] want = {1, 0, -2, Double.POSITIVE_INFINITY};
    assertArrayEquals(want, values(GradientTransforms.zeroNans(of(HostTensor.of(x, 4)))));
  }

  @Test
  void vectorsAreOneUnit() {
    States w = new States(Map.of("w", State.parameter(HostTensor.of(new double[] {0.6, 0.8}, 2))));
    Tensor g = HostTensor.of(new double[] {3, 4}, 2);
    double[] clipped = values(GradientTransforms.clipAdaptively(of(g), w, 0.1, 1e-3));
    assertArrayEquals(new double[] {0.06, 0.08}, clipped, 1e-15);
    assertArrayEquals(new double[] {3, 4}, values(GradientTransforms.centralize(of(g))));
    State one = State.parameter(HostTensor.of(new double[] {2}));
    Grads scalar = of(HostTensor.of(new double[] {-5}));
    States ones = new States(Map.of("w", one));
    double[] short1 = values(GradientTransforms.clipAdaptively(scalar, ones, 0.5, 0));
    assertArrayEquals(new double[] {-1}, short1, 1e-15);
  }

  @Test
  void zerosAreNotDividedBy() {
    States w = new States(Map.of("w", State.parameter(HostTensor.of(new float[6], 2, 3))));
    Grads zero = of(HostTensor.of(new float[6], 2, 3));
    assertArrayEquals(new double[6], values(GradientTransforms.clipAdaptively(zero, w, 0.1, 0)));
    assertArrayEquals(new double[6], values(GradientTransforms.clipByNorm(zero, 1)));
  }

  @Test
  void gradientsKeepTheirTypes() {
    for (DType dtype : new DType[] {DType.F16, DType.BF16, DType.F32}) {
      Tensor x = HostTensor.of(new double[] {300, 400, 1, 1}, 2, 2).cast(dtype);
      States w = new States(Map.of("w", State.parameter(x)));
      Grads out = GradientTransforms.clipAdaptively(of(x), w, 0.5, 1e-3);
      out = GradientTransforms.clipByNorm(GradientTransforms.centralize(out), 100);
      Tensor deviation = HostTensor.of(new float[] {1});
      out = GradientTransforms.withNoise(out, RandomKey.of(0), deviation);
      assertEquals(x.type(), GradientTransforms.zeroNans(out).get("w").type());
      assertTrue(out.get("w").isFinite().all().host().item() == 1, dtype.toString());
    }
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    Tensor g = HostTensor.of(new float[] {3, 4}, 2);
    States w = new States(Map.of("w", State.parameter(g)));
    for (double x : new double[] {-1, NAN}) {
      assertThrows(TypeException.class, () -> GradientTransforms.clipByNorm(of(g), x));
      assertThrows(TypeException.class, () -> GradientTransforms.clipAdaptively(of(g), w, x, 0));
      assertThrows(TypeException.class, () -> GradientTransforms.clipAdaptively(of(g), w, 1, x));
    }
  }
}
