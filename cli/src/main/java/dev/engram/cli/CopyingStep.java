package dev.engram.cli;

import dev.engram.DRtrl;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Learner;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.Vmap;
import dev.engram.etrace.Diagnostic;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.optim.Adam;
import java.util.function.Consumer;

/**
 * One training iteration of the copying task: symbols {@code i32[T, B]} to the mean loss of the
 * recall, with the weights updated. The digits and the delay are run first without a loss.
 */
final class CopyingStep implements Fn1<Tensor, Tensor> {
  private static final Fn2<Tensor, Tensor, Tensor> LOSS =
      (out, digit) -> Losses.softmaxCrossEntropy(out, digit).mean();

  private final CopyingNet model;
  private final Rule rule;
  private final int warmUp;
  private final Consumer<Diagnostic> warnings;
  private final Adam adam;
  private final States weights;

  /**
   * @param rule not {@link Rule#BOTH}
   * @param warnings gets the warnings of the relation analysis
   */
  CopyingStep(TrainOptions options, Rule rule, Consumer<Diagnostic> warnings) {
    this.model = new CopyingNet(options);
    this.rule = rule;
    this.warmUp = options.steps() - TrainOptions.DIGITS;
    this.warnings = warnings;
    this.adam = new Adam(options.lr());
    this.weights = model.states().subset(State.Kind.PARAMETER);
    adam.register(weights);
  }

  CopyingNet model() {
    return model;
  }

  @Override
  public Tensor apply(Tensor ids) {
    Tensor before = ids.slice(0, 0, warmUp);
    Tensor recall = oneHot(ids.slice(0, warmUp, ids.dim(0)));
    Tensor digits = ids.slice(0, 0, TrainOptions.DIGITS);
    return switch (rule) {
      case D_RTRL -> online(before, recall, digits);
      case BPTT -> offline(before, recall, digits);
      case BOTH -> throw new IllegalStateException("two rules make two steps");
    };
  }

  private Tensor online(Tensor before, Tensor recall, Tensor digits) {
    Learner learner = Learner.compile(model, m -> new DRtrl(m, warnings), recall.get(0));
    Engram.forLoop((Tensor id) -> learner.call(oneHot(id)), before);
    Learner.Sequence s = learner.grad(recall, digits, LOSS);
    adam.update(s.grads());
    return s.losses().mean();
  }

  private Tensor offline(Tensor before, Tensor recall, Tensor digits) {
    int batch = before.dim(1);
    Engram.vmapNewStates(batch, model::initAllStates);
    Vmap mapped = new Vmap(model);
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
    return ids.oneHot(CopyingData.SYMBOLS, DType.F32);
  }
}
