package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.engram.Grads;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LossScaleTest {
  private static final double[] GRADS = {1, 10, -7, 1e-30, 3};

  private static double[] unscaled(double scale, Tensor g) {
    return LossScale.constant(scale)
        .unscaled(new Grads(Map.of("w", g)))
        .get("w")
        .host()
        .toDoubles();
  }

  /** Each quotient is rounded once, in the gradient's type, whatever the scale. */
  @Test
  void quotientsAreRoundedOnce() {
    Tensor wide = HostTensor.of(GRADS, GRADS.length);
    Tensor narrow = wide.cast(DType.F32);
    for (double scale : new double[] {3, 10, 1000, 65536, 0x1p100}) {
      double[] f64 = new double[GRADS.length];
      double[] f32 = new double[GRADS.length];
      for (int i = 0; i < GRADS.length; i++) {
        f64[i] = GRADS[i] / scale;
        f32[i] = (float) GRADS[i] / (float) scale;
      }
      assertArrayEquals(f64, unscaled(scale, wide));
      assertArrayEquals(f32, unscaled(scale, narrow));
    }
  }
}
