package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.ValueAndGrad;
import dev.engram.Vmap;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import java.util.List;

/**
 * One training iteration of the copying task: maps symbols {@code i32[T, B]} to the mean loss of
 * the recall, and updates the weights.
 */
final class CopyingStep implements Fn1<Tensor, Tensor> {
  private static final Fn2<Tensor, Tensor, Tensor> LOSS =
      (out, digit) -> Losses.softmaxCrossEntropy(out, digit).mean();

  private final TaskSizes sizes;
  private final GradientRule rule;
  private final RnnWithReadout model;
  private final Adam adam;
  private final States weights;

  CopyingStep(TaskSizes sizes, GradientRule rule) {
    this.sizes = sizes;
    this.rule = rule;
    this.model = RnnWithReadout.gru(sizes);
    this.adam = new Adam(sizes.rate());
    this.weights = model.states().subset(State.Kind.PARAMETER);
    adam.register(weights);
  }

  States weights() {
    return weights;
  }

  /** Traces the iteration on such symbols. */
  TracedFunction trace(Tensor symbols) {
    return TracedFunction.of("step", args -> apply((Tensor) args.getFirst()), List.of(symbols));
  }

  @Override
  public Tensor apply(Tensor ids) {
    int warmUp = sizes.steps() - TaskSizes.DIGITS;
    Tensor before = ids.slice(0, 0, warmUp);
    Tensor recall = oneHot(ids.slice(0, warmUp, sizes.steps()));
    Tensor digits = ids.slice(0, 0, TaskSizes.DIGITS);
    return switch (rule) {
      case D_RTRL -> online(before, recall, digits);
      case BPTT -> offline(before, recall, digits);
    };
  }

  private Tensor online(Tensor before, Tensor recall, Tensor digits) {
    Learner<Tensor, Tensor> learner =
        Learner.compile(model, m -> new DRtrl<>(m, _ -> {}), recall.get(0));
    Engram.forLoop((Tensor id) -> learner.call(oneHot(id)), before);
    Learner.Sequence<Tensor> s = learner.grad(recall, digits, LOSS);
    adam.update(s.grads());
    return s.losses().mean();
  }

  private Tensor offline(Tensor before, Tensor recall, Tensor digits) {
    Engram.vmapNewStates(sizes.batch(), model::initAllStates);
    Vmap<Tensor, Tensor> mapped = new Vmap<>(model);
    ValueAndGrad<Grads> g =
        Engram.valueAndGrad(
                () -> {
                  Engram.forLoop((Tensor id) -> mapped.update(oneHot(id)), before);
                  return Engram.forLoop(
                          (Tensor x, Tensor y) -> LOSS.apply(mapped.update(x), y), recall, digits)
                      .mean();
                },
                weights)
            .apply();
    adam.update(g.grad());
    return g.value();
  }

  private static Tensor oneHot(Tensor ids) {
    return ids.oneHot(TaskSizes.SYMBOLS, DType.F32);
  }
}
