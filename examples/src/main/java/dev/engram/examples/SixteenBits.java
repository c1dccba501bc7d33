package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.Linear;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.LossScale;

/** Training 16-bit weights, with masters in f32 and a scaled loss. */
public final class SixteenBits {
  private SixteenBits() {}

  public static void main(String[] args) {
    Linear net = new Linear(8, 1, RandomKey.of(1), DType.F16);
    States weights = net.states();
    Adam adam = new Adam(1e-3);
    adam.registerWithMasters(weights);
    LossScale scale = LossScale.dynamic();

    Fn2<Tensor, Tensor, Tensor> train =
        Engram.jit(
            (x, y) -> {
              Grads scaled =
                  Engram.grad(
                          () -> {
                            Tensor out = net.update(x).cast(DType.F32);
                            return scale.of(Losses.meanSquaredError(out, y));
                          },
                          weights)
                      .apply();
              return scale.step(
                  scaled, g -> adam.update(GradientTransforms.clipByGlobalNorm(g, 5)));
            });

    int made = 0;
    for (int i = 0; i < 2000; i++) {
      Tensor x = RandomTensors.normal(RandomKey.of(i), Shape.of(32, 8), DType.F16);
      Tensor y = x.cast(DType.F32).sum(1).expandDims(1);
      made += (int) train.apply(x, y).host().item();
    }
    System.out.println(made + " of 2000 steps made, " + net.weight().value());
  }
}
