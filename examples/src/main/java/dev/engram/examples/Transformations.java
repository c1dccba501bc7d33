package dev.engram.examples;

import dev.engram.Axes;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.optim.Adam;

/** The transformations, and what each takes and returns. */
public final class Transformations {
  private Transformations() {}

  public static void main(String[] args) {
    Tensor x = HostTensor.of(new double[] {1, 2, 3}, 3);
    Fn1<Tensor, Tensor> energy = v -> v.square().sum().div(2);

    // Functions in, functions out.
    System.out.println("grad     " + Engram.grad(energy).apply(x));
    var both = Engram.valueAndGrad(energy).apply(x);
    System.out.println("value    " + both.value() + ", grad " + both.grad());
    System.out.println("hessian  " + Engram.hessian(energy).apply(x));

    // At a point: along a tangent, against a cotangent, as a linear map.
    Fn1<Tensor, Tensor> wave = v -> v.sin();
    System.out.println("jvp      " + Engram.jvp(wave, x, x.like(1)).tangent());
    System.out.println("vjp      " + Engram.vjp(wave, x).pullback().apply(x.like(1)));
    System.out.println("linear   " + Engram.linearize(wave, x).map().apply(x.like(1)));

    // A function of one example on a batch; here the second argument is shared.
    Fn2<Tensor, Tensor, Tensor> scaled = (v, s) -> v.sum().mul(s);
    Tensor batch = HostTensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    Tensor two = HostTensor.of(new double[] {2});
    System.out.println("vmap     " + Engram.vmap(scaled, Axes.in(0, Axes.NONE)).apply(batch, two));

    // Loops: a carry, and one slice of a tensor for each step.
    StepResult<Tensor, Tensor> sums =
        Engram.scan((c, v) -> new StepResult<>(c.add(v), c), x.get(0).like(0), x);
    System.out.println("scan     " + sums.carry() + ", before each " + sums.out());

    // A model learns by the gradient in its states, in one compiled step.
    Sequential net =
        new Sequential(
            new Linear(1, 8, RandomKey.of(1)),
            Layer.of(v -> v.tanh()),
            new Linear(8, 1, RandomKey.of(2)));
    States weights = net.states().subset(State.Kind.PARAMETER);
    Adam adam = new Adam(0.02);
    adam.register(weights);
    Fn2<Tensor, Tensor, Tensor> train =
        Engram.jit(
            (in, out) -> {
              var step =
                  Engram.valueAndGrad(() -> Losses.meanSquaredError(net.apply(in), out), weights)
                      .apply();
              adam.update(step.grad());
              return step.value();
            });
    Tensor in = HostTensor.of(new float[] {-2, -1, 0, 1, 2}, 5, 1);
    for (int i = 0; i < 60; i++) {
      train.apply(in, in.sin());
    }
    System.out.printf("loss     %.3f%n", train.apply(in, in.sin()).host().item());
  }
}
