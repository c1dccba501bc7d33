package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.Linear;
import dev.engram.optim.Sgd;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads predict from a model while another thread trains it. */
public final class Serving {
  private Serving() {}

  public static void main(String[] args) throws InterruptedException, ExecutionException {
    Linear trained = new Linear(2, 1, RandomKey.of(1));
    Linear served = new Linear(2, 1, RandomKey.of(1));
    States weights = trained.states().subset(State.Kind.PARAMETER);
    States published = served.states().subset(State.Kind.PARAMETER);
    Sgd sgd = new Sgd(0.1);
    sgd.register(weights);

    Fn2<Tensor, Tensor, Tensor> train =
        Engram.jit(
            (x, y) -> {
              var loss =
                  Engram.valueAndGrad(
                          () -> Losses.meanSquaredError(trained.update(x), y).mean(), weights)
                      .apply();
              sgd.update(loss.grad());
              return loss.value();
            });
    Fn1<Tensor, Tensor> predict = Engram.jit(served::update);

    Tensor xs = RandomTensors.uniform(RandomKey.of(2), Shape.of(64, 2), DType.F32, -1, 1);
    Tensor ys = xs.slice(1, 0, 1).sub(xs.slice(1, 1, 2)); // y = x0 - x1
    ExecutorService threads = Executors.newFixedThreadPool(4);
    for (int i = 1; i <= 30; i++) {
      train.apply(xs, ys);
      if (i % 10 == 0) {
        published.copyFrom(weights); // all weights at once, while others predict
        Future<Tensor> answer = threads.submit(() -> predict.apply(xs.slice(0, 0, 1)));
        double off = Math.abs(answer.get().host().item() - ys.host().getDouble(0));
        System.out.printf("after %d steps the prediction is off by %.3f%n", i, off);
      }
    }
    threads.shutdown();
  }
}
