package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.online.Learner;
import dev.engram.optim.Optimizer;

/**
 * A net that learns from each symbol as it comes: one step of the model, its traces and its rule,
 * and a step of the optimizer on all weights. Maps an input {@code f32[B, n]} and the wanted symbol
 * {@code i32[B]} to the loss. States are what lives from call to call, so a call costs at least one
 * pass over weights and traces.
 */
final class StreamingStep implements Fn2<Tensor, Tensor, Tensor> {
  private final Learner<Tensor, Tensor> learner;
  private final Optimizer optimizer;
  private final States weights;

  StreamingStep(StreamedNet net, TaskSizes sizes) {
    Layer model = net.model(sizes);
    learner = Learner.compile(model, net::learner, net.input(sizes));
    optimizer = net.optimizer(sizes.rate());
    weights = model.states().subset(State.Kind.PARAMETER);
    optimizer.register(weights);
  }

  States weights() {
    return weights;
  }

  @Override
  public Tensor apply(Tensor x, Tensor digit) {
    ValueAndGrad<Grads> g =
        Engram.valueAndGrad(
                () -> Losses.softmaxCrossEntropy(learner.call(x), digit).mean(), weights)
            .apply();
    optimizer.update(g.grad());
    return g.value();
  }

  /** A run on constant data. */
  static Runnable repeated(StreamedNet net, TaskSizes sizes) {
    Fn2<Tensor, Tensor, Tensor> step = Engram.jit(new StreamingStep(net, sizes));
    HostTensor x = net.input(sizes);
    HostTensor digit = digit(sizes);
    return () -> step.apply(x, digit);
  }

  static HostTensor digit(TaskSizes sizes) {
    return HostTensor.full(TensorType.of(DType.I32, sizes.batch()), 3);
  }
}
