package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.Plain;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnlineTrainerTest {
  private static final int STEPS = 7;
  private static final Fn2<Tensor, Tensor, Tensor> LOSS =
      (out, y) -> Losses.squaredError(out, y).mean();
  private static final Tensor XS = Plain.noise(1, STEPS, 2, 3);
  private static final Tensor YS = Plain.noise(2, STEPS, 2, 1);

  private final Sequential model =
      new Sequential(
          new MinGruCell(3, 4, RandomKey.of(1), DType.F64),
          new Linear(4, 1, RandomKey.of(2), DType.F64));
  private final States weights = model.states().subset(State.Kind.PARAMETER);
  private final Sgd sgd = new Sgd(0.05, 0.5);
  private final Learner<Tensor, Tensor> learner =
      Learner.compile(model, m -> new DRtrl<>(m, _ -> {}), XS.get(0));

  OnlineTrainerTest() {
    sgd.register(weights);
  }

  private Pair<double[], double[]> results(Tensor losses) {
    return new Pair<>(
        losses.host().toDoubles(), weights.get("layers.0.Wz.weight").value().host().toDoubles());
  }

  /** The reference: one step after the other, with an update at the end of each window. */
  private Pair<double[], double[]> byHand(int window) {
    Fn2<Tensor, Tensor, ValueAndGrad<Grads>> step =
        Engram.valueAndGrad((x, y) -> LOSS.apply(learner.call(x), y), weights);
    double[] losses = new double[STEPS];
    Grads sum = Grads.zeros(weights);
    for (int t = 0; t < STEPS; t++) {
      ValueAndGrad<Grads> g = step.apply(XS.get(t), YS.get(t));
      losses[t] = g.value().host().item();
      sum = sum.plus(g.grad());
      if ((t + 1) % window == 0 || t + 1 == STEPS) {
        sgd.update(sum);
        sum = Grads.zeros(weights);
      }
    }
    return results(HostTensor.of(losses, STEPS));
  }

  private void checkAgainstHand(int window, Fn2<Tensor, Tensor, Tensor> run) {
    OnlineTrainerTest hand = new OnlineTrainerTest();
    Pair<double[], double[]> want = hand.byHand(window);
    Pair<double[], double[]> got = results(Engram.jit(run).apply(XS, YS));
    assertArrayEquals(want.first(), got.first(), 1e-12);
    assertArrayEquals(want.second(), got.second(), 1e-12);
    assertEquals(Math.ceilDiv(STEPS, window), sgd.states().get("count").value().host().item());
  }

  private final OnlineTrainer<Tensor, Tensor, Tensor> trainer =
      new OnlineTrainer<>(learner, sgd, LOSS);

  @Test
  void perStep() {
    checkAgainstHand(1, trainer::perStep);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 20})
  void perWindow(int window) {
    checkAgainstHand(Math.min(window, STEPS), (x, y) -> trainer.perWindow(x, y, window));
  }

  @Test
  void perSequence() {
    checkAgainstHand(STEPS, trainer::perSequence);
  }

  @Test
  void updatingMoreOftenIsAnotherTraining() {
    double[] often = new OnlineTrainerTest().byHand(1).second();
    double[] once = new OnlineTrainerTest().byHand(STEPS).second();
    assertNotEquals(often[0], once[0]);
  }

  @Test
  void theGradientCanBeShaped() {
    OnlineTrainer<Tensor, Tensor, Tensor> still =
        new OnlineTrainer<>(learner, sgd, LOSS, g -> GradientTransforms.clipByGlobalNorm(g, 1e-30));
    double[] before = results(YS).second();
    still.perStep(XS, YS);
    assertArrayEquals(before, results(YS).second(), 1e-25);
  }
}
