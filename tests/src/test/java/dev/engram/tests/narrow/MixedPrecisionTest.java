package dev.engram.tests.narrow;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.loss.Losses;
import dev.engram.nn.Linear;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.LossScale;
import dev.engram.optim.Optimizer;
import dev.engram.optim.Sgd;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Master weights and loss scaling: 16-bit trainings that fail without them, and work with them. */
class MixedPrecisionTest {
  @TempDir Path folder;

  private static final Shape BATCH = Shape.of(64, 8);

  /** Mean squared error of a linear map that is learned in {@code dtype}, before and after. */
  private static double[] train(DType dtype, boolean masters, Optimizer o, int steps) {
    Linear net = new Linear(8, 4, RandomKey.of(1), dtype);
    States weights = net.states();
    if (masters) {
      o.registerWithMasters(weights);
    } else {
      o.register(weights);
    }
    Tensor truth = RandomTensors.normal(RandomKey.of(2), Shape.of(8, 4), DType.F32);
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            (Tensor x) -> {
              Tensor y = x.matmul(truth);
              ValueAndGrad<Grads> r =
                  Engram.valueAndGrad(
                          () ->
                              Losses.meanSquaredError(net.update(x.cast(dtype)).cast(DType.F32), y),
                          weights)
                      .apply();
              o.update(r.grad());
              return r.value();
            });
    double[] losses = new double[steps];
    for (int i = 0; i < steps; i++) {
      losses[i] =
          step.apply(RandomTensors.normal(RandomKey.of(100 + i), BATCH, DType.F32)).host().item();
    }
    return new double[] {losses[0], losses[steps - 1]};
  }

  /** Steps of rate 1e-4 are below the distance of bf16's neighbours at most weights. */
  @Test
  void smallStepsNeedMasters() {
    double[] without = train(DType.BF16, false, new Adam(3e-4), 1500);
    double[] with = train(DType.BF16, true, new Adam(3e-4), 1500);
    double[] single = train(DType.F32, false, new Adam(3e-4), 1500);
    assertTrue(single[1] < 0.55 * single[0], "f32 learns: " + single[1] + " from " + single[0]);
    assertEquals(single[1], with[1], 0.1 * single[1], "with masters as in f32");
    assertTrue(without[1] > 1.2 * with[1], without[1] + " without, " + with[1] + " with masters");
  }

  @Test
  void aWeightIsItsMasterRounded() {
    State w = State.parameter(HostTensor.full(TensorType.of(DType.BF16, 1), 1));
    Optimizer sgd = new Sgd(1e-3);
    sgd.registerWithMasters(new States(Map.of("w", w)));
    Tensor g = HostTensor.full(TensorType.of(DType.BF16, 1), 1);
    for (int i = 0; i < 3; i++) {
      sgd.update(new Grads(Map.of("w", g)));
    }
    // 0.997 is nearer to 1 - 2^-8 than to 1
    assertEquals(0.997, sgd.states().get("masters.w").value().host().getDouble(0), 1e-6);
    assertEquals(1 - 0x1p-8, w.value().host().getDouble(0));
    // the next step starts from a weight that has been set, such as from a file
    w.set(HostTensor.full(TensorType.of(DType.BF16, 1), 2));
    sgd.update(new Grads(Map.of("w", g)));
    assertEquals(1.999, sgd.states().get("masters.w").value().host().getDouble(0), 1e-6);
  }

  @Test
  void mastersAreSavedAndLoaded() throws Exception {
    Tensor g = HostTensor.of(new float[] {1, -0.3f}, 2).cast(DType.BF16);
    State[] w = new State[2];
    Optimizer[] o = new Optimizer[2];
    for (int k = 0; k < 2; k++) {
      w[k] = State.parameter(HostTensor.full(TensorType.of(DType.BF16, 2), 1));
      o[k] = new Adam(1e-4);
      o[k].registerWithMasters(new States(Map.of("w", w[k])));
    }
    for (int i = 0; i < 5; i++) {
      o[0].update(new Grads(Map.of("w", g)));
    }
    o[0].states().save(folder.resolve("adam"));
    new States(Map.of("w", w[0])).save(folder.resolve("weights"));
    o[1].states().load(folder.resolve("adam"));
    new States(Map.of("w", w[1])).load(folder.resolve("weights"));
    for (int i = 0; i < 60; i++) {
      for (Optimizer each : o) {
        each.update(new Grads(Map.of("w", g)));
      }
    }
    assertTrue(w[0].value().host().sameBits(w[1].value().host()));
    for (String path : o[0].states().paths()) {
      HostTensor a = o[0].states().get(path).value().host();
      assertTrue(a.sameBits(o[1].states().get(path).value().host()), path);
    }
    assertTrue(w[0].value().host().getDouble(0) < 1, "and it moved");
  }

  /** Gradients of a loss so small that all of them underflow in f16. */
  private static double scaled(LossScale scale, int steps) {
    State w = State.parameter(HostTensor.full(TensorType.of(DType.F16, 4), 1));
    States weights = new States(Map.of("w", w));
    Adam adam = new Adam(0.01, 0.9, 0.999, 1e-15); // gradients are of 5e-9
    adam.register(weights);
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            (Tensor x) -> {
              Grads g =
                  Engram.grad(
                          () ->
                              scale.of(w.value().mul(x).cast(DType.F32).square().mean().mul(1e-8)),
                          weights)
                      .apply();
              return scale.step(g, adam::update);
            });
    for (int i = 0; i < steps; i++) {
      step.apply(HostTensor.full(TensorType.of(DType.F16, 4), 1));
    }
    return w.value().host().getDouble(0);
  }

  @Test
  void smallGradientsNeedAScale() {
    assertEquals(1, scaled(LossScale.constant(1), 200), "all gradients are 0 without");
    double fixed = scaled(LossScale.constant(0x1p20), 200);
    assertTrue(Math.abs(fixed) < 0.3, "fixed scale: " + fixed);
    double grown = scaled(LossScale.dynamic(0x1p10, 5), 400);
    assertTrue(Math.abs(grown) < 0.3, "the scale grows: " + grown);
  }

  @Test
  void aStepThatIsNotFiniteIsLeftOut() {
    for (boolean jit : new boolean[] {false, true}) {
      State w = State.parameter(HostTensor.full(TensorType.of(DType.F16, 2), 1));
      Adam adam = new Adam(0.01);
      adam.register(new States(Map.of("w", w)));
      LossScale scale = LossScale.dynamic(8, 3);
      Fn1<Tensor, Tensor> plain = g -> scale.step(new Grads(Map.of("w", g)), adam::update);
      Fn1<Tensor, Tensor> step = jit ? Engram.jit(plain) : plain;
      HostTensor good = HostTensor.of(new float[] {1, 2}, 2).cast(DType.F16).host();
      double[] scales = new double[9];
      double[] made = new double[9];
      for (int i = 0; i < 9; i++) {
        double bad = i == 4 ? Double.NaN : Double.POSITIVE_INFINITY;
        HostTensor g = i == 4 || i == 5 ? HostTensor.of(new double[] {bad, 1}, 2) : good;
        HostTensor before = w.value().host();
        made[i] = step.apply(g.cast(DType.F16)).host().item();
        scales[i] = scale.value().host().item();
        assertEquals(made[i] == 0, before.sameBits(w.value().host()), "step " + i);
      }
      assertArrayEquals(new double[] {1, 1, 1, 1, 0, 0, 1, 1, 1}, made);
      // doubled after three steps, halved by each bad one, doubled after three again
      assertArrayEquals(new double[] {8, 8, 16, 16, 8, 4, 4, 4, 8}, scales);
      assertEquals(7, adam.states().get("count").value().host().item(), "updates");
      assertTrue(adam.states().get("m.w").value().isFinite().all().host().item() == 1);
    }
  }

  @Test
  void aScaleStaysInItsRange() {
    LossScale low = LossScale.dynamic(2, 100);
    Grads bad = new Grads(Map.of("w", HostTensor.of(new float[] {Float.NaN}, 1)));
    for (int i = 0; i < 5; i++) {
      low.step(bad, g -> {});
    }
    assertEquals(1, low.value().host().item());
    LossScale high = LossScale.dynamic(0x1p99, 1);
    Grads good = new Grads(Map.of("w", HostTensor.of(new float[] {1}, 1)));
    for (int i = 0; i < 3; i++) {
      high.step(good, g -> {});
    }
    assertEquals(0x1p100, high.value().host().item());
    LossScale fixed = LossScale.constant(7);
    fixed.step(bad, g -> {});
    assertEquals(7, fixed.value().host().item());
    for (double wrong : new double[] {0, -1, 0.5, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(TypeException.class, () -> LossScale.constant(wrong));
      assertThrows(TypeException.class, () -> LossScale.dynamic(wrong, 10));
    }
    assertThrows(TypeException.class, () -> LossScale.dynamic(8, 0));
  }

  /** Gradients are unscaled before they are clipped. */
  @Test
  void limitsApplyToUnscaledGradients() {
    LossScale scale = LossScale.constant(1024);
    Grads g = new Grads(Map.of("w", HostTensor.of(new float[] {3072, 4096}, 2).cast(DType.F16)));
    Grads mine = scale.unscaled(g);
    assertEquals(DType.F32, mine.get("w").dtype());
    assertArrayEquals(new double[] {3, 4}, mine.get("w").host().toDoubles());
    scale.step(
        g,
        x -> {
          Tensor limited = GradientTransforms.clipByGlobalNorm(x, 2.5).get("w");
          assertEquals(new TensorType(DType.F32, Shape.of(2)), limited.type());
        });
  }
}
