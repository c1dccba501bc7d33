package dev.engram.bench;

import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;

/**
 * One training iteration of an {@link OnlineNet}: maps inputs {@code f32[T, B, n]} and labels
 * {@code i32[10, B]} of the last steps to the mean loss there, and updates the weights.
 */
final class OnlineIteration implements Fn2<Tensor, Tensor, Tensor> {
  private final OnlineNet net;
  private final Layer model;
  private final Adam adam;
  private final States weights;

  OnlineIteration(OnlineNet net, TaskSizes sizes) {
    this.net = net;
    this.model = net.model(sizes);
    this.adam = new Adam(sizes.rate());
    this.weights = model.states().subset(State.Kind.PARAMETER);
    adam.register(weights);
  }

  States weights() {
    return weights;
  }

  @Override
  public Tensor apply(Tensor x, Tensor labels) {
    Learner<Tensor, Tensor> learner = Learner.compile(model, net::learner, x.get(0));
    int silent = x.dim(0) - labels.dim(0);
    learner.evolve(x.slice(0, 0, silent));
    Learner.Sequence<Tensor> s =
        learner.grad(
            x.slice(0, silent, x.dim(0)),
            labels,
            (out, label) -> Losses.softmaxCrossEntropy(out, label).mean());
    adam.update(s.grads());
    return s.losses().mean();
  }
}
