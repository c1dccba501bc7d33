package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;

/** A network learns online to repeat its input of two steps ago. */
public final class FirstSteps {
  private FirstSteps() {}

  public static void main(String[] args) {
    Sequential model =
        new Sequential(new GruCell(1, 16, RandomKey.of(1)), new Linear(16, 1, RandomKey.of(2)));
    Adam adam = new Adam(1e-2);
    adam.register(model.states().subset(State.Kind.PARAMETER));

    Fn1<Tensor, Tensor> train =
        Engram.jit(
            xs -> { // [20 steps, 32 examples, 1]
              Learner<Tensor, Tensor> learner =
                  Learner.compile(model, m -> new DRtrl<>(m, System.out::println), xs.get(0));
              learner.evolve(xs.slice(0, 0, 2));
              Learner.Sequence<Tensor> rest =
                  learner.grad(xs.slice(0, 2, 20), xs.slice(0, 0, 18), Losses::meanSquaredError);
              adam.update(rest.grads());
              return rest.losses().mean();
            });

    for (int i = 0; i <= 200; i++) {
      Tensor xs = RandomTensors.uniform(RandomKey.of(i), Shape.of(20, 32, 1), DType.F32, -1, 1);
      Tensor loss = train.apply(xs);
      if (i % 50 == 0) {
        System.out.printf("step %d, loss %.2f%n", i, loss.host().item());
      }
    }
  }
}
