package dev.engram.tests.online;

import dev.engram.Engram;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.etrace.Rule;
import dev.engram.ir.Tensor;
import dev.engram.online.Learner;

/** Computes a gradient for each example of a batch, by mapping the rule explicitly. */
final class PerExample {
  private PerExample() {}

  static Grads grads(Layer model, Rule rule, Tensor xs, Tensor ys) {
    int batch = xs.dim(1);
    Learner<Tensor, Tensor> learner = new Learner<>(model, rule, RandomKey.of(3), _ -> {});
    Engram.vmapNewStates(
        batch,
        () -> {
          model.initAllStates();
          learner.compileGraph(xs.get(0).get(0));
        });
    Grads sum = null;
    for (int t = 0; t < xs.dim(0); t++) {
      Grads g =
          Engram.<Tensor, Tensor, Grads>vmap(
                  (x, y) ->
                      Engram.grad(() -> Job.LOSS.apply(learner.call(x), y), learner.weights())
                          .apply())
              .apply(xs.get(t), ys.get(t));
      sum = sum == null ? g : sum.plus(g);
    }
    return sum;
  }
}
