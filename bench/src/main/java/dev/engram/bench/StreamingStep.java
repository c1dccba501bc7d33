package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Sgd;

/**
 * A net that learns from each symbol as it comes: one step of the model, its traces and D-RTRL, and
 * a step of gradient descent on all weights. Maps an input {@code f32[B, 10]} and the wanted symbol
 * {@code i32[B]} to the loss. States are what lives from call to call, so a call costs at least one
 * pass over weights and traces.
 */
final class StreamingStep implements Fn2<Tensor, Tensor, Tensor> {
  private final Learner learner;
  private final Sgd sgd;
  private final States weights;

  StreamingStep(TaskSizes sizes) {
    RnnWithReadout model = RnnWithReadout.gru(sizes);
    learner = Learner.compile(model, m -> new DRtrl(m, _ -> {}), input(sizes));
    sgd = new Sgd(sizes.rate());
    weights = model.states().subset(State.Kind.PARAMETER);
    sgd.register(weights);
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
    sgd.update(g.grad());
    return g.value();
  }

  /** A run on constant data. */
  static Runnable repeated(TaskSizes sizes) {
    Fn2<Tensor, Tensor, Tensor> step = Engram.jit(new StreamingStep(sizes));
    HostTensor x = input(sizes);
    HostTensor digit = digit(sizes);
    return () -> step.apply(x, digit);
  }

  private static HostTensor input(TaskSizes sizes) {
    return HostTensor.full(TensorType.of(DType.F32, sizes.batch(), TaskSizes.SYMBOLS), 1);
  }

  private static HostTensor digit(TaskSizes sizes) {
    return HostTensor.full(TensorType.of(DType.I32, sizes.batch()), 3);
  }
}
