package org.example.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.loss.Losses;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.LearningRate;
import dev.engram.optim.LossScale;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.ParameterGroups;
import dev.engram.testkit.OptimizerChecks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An optimizer of another author does all that the library's own ones do. */
class QuasiHyperbolicTest {
  private static final LearningRate RATE = new Triangular(0.01, 0.1, 3);
  private static final double BETA = 0.8;
  private static final double SHARE = 0.7;
  private static final double DECAY = 0.1;

  private static QuasiHyperbolic optimizer() {
    return new QuasiHyperbolic(RATE, BETA, SHARE, DECAY);
  }

  private static Tensor noise(long seed, DType dtype) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(2, 3), DType.F64).cast(dtype);
  }

  private static States weights(DType dtype) {
    return new States(Map.of("w", State.parameter(noise(0, dtype))));
  }

  private static Grads grads(int t, DType dtype) {
    return new Grads(Map.of("w", noise(10 + t, dtype)));
  }

  private static double[] values(States s) {
    return s.get("w").value().host().toDoubles();
  }

  /** Triangular, in plain numbers. */
  private static double rate(int done) {
    double place = done % 6 / 3.0;
    return 0.01 + 0.09 * (place < 1 ? place : 2 - place);
  }

  /**
   * The formula in plain numbers, rounded to the type of the weights after each update if asked.
   */
  private static double[] reference(int updates, DType dtype, boolean rounds) {
    double[] w = noise(0, dtype).host().toDoubles();
    double[] m = new double[w.length];
    for (int t = 1; t <= updates; t++) {
      double[] g = noise(9 + t, dtype).host().toDoubles();
      for (int i = 0; i < w.length; i++) {
        m[i] = BETA * m[i] + (1 - BETA) * g[i];
        double mean = m[i] / (1 - Math.pow(BETA, t));
        w[i] -= rate(t - 1) * ((1 - SHARE) * g[i] + SHARE * mean + DECAY * w[i]);
        w[i] = rounds ? dtype.toDouble(dtype.bitsOf(w[i])) : w[i];
      }
    }
    return w;
  }

  @Test
  void itIsItsFormulaOnEveryBackend() {
    for (String backend : Compiler.devices()) {
      States weights = weights(DType.F64);
      QuasiHyperbolic o = optimizer();
      o.register(weights);
      Fn1<Tensor, Tensor> step =
          Engram.jit(
              new Compiler(backend),
              g -> {
                o.update(new Grads(Map.of("w", g)));
                return g;
              });
      for (int t = 0; t < 8; t++) {
        assertEquals(rate(t), o.rate().host().item(), 1e-15);
        step.apply(grads(t, DType.F64).get("w"));
      }
      assertArrayEquals(reference(8, DType.F64, false), values(weights), 1e-13, backend);
      assertEquals(List.of("count", "m.w"), o.states().paths());
    }
  }

  @Test
  void itHoldsWhatEveryOptimizerMust() throws IOException {
    OptimizerChecks checks = new OptimizerChecks(QuasiHyperbolicTest::optimizer);
    checks.repeats();
    checks.resuming();
    checks.zeroGradients();
    checks.descends(20);
    checks.types();
    checks.backends();
  }

  @Test
  void narrowWeightsHaveMastersAndWideMoments() {
    States weights = weights(DType.F16);
    QuasiHyperbolic o = optimizer();
    o.registerWithMasters(weights);
    for (int t = 0; t < 8; t++) {
      o.update(grads(t, DType.F16));
    }
    assertEquals(DType.F32, o.states().get("m.w").type().dtype());
    double[] want = reference(8, DType.F16, false);
    double[] master = o.states().get("masters.w").value().host().toDoubles();
    assertArrayEquals(want, master, 1e-5);
    assertArrayEquals(want, values(weights), 2e-3);
    States alone = weights(DType.F16);
    QuasiHyperbolic rounding = optimizer();
    rounding.register(alone);
    for (int t = 0; t < 8; t++) {
      rounding.update(grads(t, DType.F16));
    }
    assertArrayEquals(reference(8, DType.F16, true), values(alone), 2e-3);
  }

  @Test
  void itGoesOnFromSavedStates(@TempDir Path folder) throws IOException {
    States weights = weights(DType.F32);
    QuasiHyperbolic o = optimizer();
    o.register(weights);
    o.update(grads(0, DType.F32));
    o.update(grads(1, DType.F32));
    o.states().save(folder.resolve("optimizer"));
    weights.save(folder.resolve("weights"));
    States other = weights(DType.F32);
    QuasiHyperbolic again = optimizer();
    again.register(other);
    again.states().load(folder.resolve("optimizer"));
    other.load(folder.resolve("weights"));
    o.update(grads(2, DType.F32));
    again.update(grads(2, DType.F32));
    assertArrayEquals(values(weights), values(other));
    States without = weights(DType.F32);
    without.load(folder.resolve("weights"));
    QuasiHyperbolic fresh = optimizer();
    fresh.register(without);
    fresh.update(grads(2, DType.F32));
    assertNotEquals(values(weights)[0], values(without)[0], "the moments matter");
  }

  @Test
  void stepsCanBeSkipped() {
    States weights = weights(DType.F32);
    QuasiHyperbolic o = optimizer();
    o.register(weights);
    LossScale scale = LossScale.constant(4);
    double[] before = values(weights);
    scale.step(grads(0, DType.F32).map(g -> g.div(0)), o::update);
    assertArrayEquals(before, values(weights));
    scale.step(grads(0, DType.F32).map(g -> g.mul(4)), o::update);
    assertArrayEquals(reference(1, DType.F32, false), values(weights), 1e-6);
  }

  @Test
  void itIsOneOfSeveralGroups() {
    States weights = weights(DType.F64);
    ParameterGroups.of(weights, ParameterGroups.rest(optimizer())).update(grads(0, DType.F64));
    assertArrayEquals(reference(1, DType.F64, false), values(weights), 1e-14);
  }

  @Test
  void itLearnsOnline() {
    Sequential model =
        new Sequential(
            new MinGruCell(2, 8, RandomKey.of(1), DType.F32),
            new Linear(8, 1, RandomKey.of(2), DType.F32));
    Tensor xs = RandomTensors.normal(RandomKey.of(3), Shape.of(40, 4, 2), DType.F32);
    Tensor ys = xs.slice(2, 0, 1).add(xs.slice(2, 1, 2)).tanh();
    Learner<Tensor, Tensor> learner =
        Learner.compile(model, m -> new DRtrl<>(m, _ -> {}), xs.get(0));
    QuasiHyperbolic o = new QuasiHyperbolic(LearningRate.constant(0.1), 0.9, 0.7, 0);
    o.register(learner.weights());
    OnlineTrainer<Tensor, Tensor, Tensor> trainer =
        new OnlineTrainer<>(learner, o, (out, y) -> Losses.squaredError(out, y).mean());
    Fn1<Tensor, Tensor> epoch = Engram.jit(x -> trainer.perStep(x, ys).mean());
    double first = epoch.apply(xs).host().item();
    double last = first;
    for (int i = 0; i < 40; i++) {
      last = epoch.apply(xs).host().item();
    }
    assertTrue(last < first / 4, "from " + first + " to " + last);
  }

  @Test
  void mistakesAreTold() {
    String e =
        assertThrows(TypeException.class, () -> new QuasiHyperbolic(RATE, 1, 0.5, 0)).getMessage();
    assertTrue(e.contains("beta=1.0"), e);
    String decay =
        assertThrows(EngramException.class, () -> new QuasiHyperbolic(RATE, 0.9, 0.5, -1))
            .getMessage();
    assertTrue(decay.contains("QuasiHyperbolic: decay=-1.0, expected"), decay);
    QuasiHyperbolic o = optimizer();
    String none =
        assertThrows(EngramException.class, () -> o.update(grads(0, DType.F32))).getMessage();
    assertTrue(none.contains("QuasiHyperbolic.update: no weights are registered"), none);
  }

  @Test
  void theIdentityIsScaled() {
    Tensor x = new ScaledIdentity(0.5).make(RandomKey.of(0), Shape.of(2, 2), DType.F32);
    assertArrayEquals(new double[] {0.5, 0, 0, 0.5}, x.host().toDoubles());
    assertThrows(
        TypeException.class,
        () -> new ScaledIdentity(1).make(RandomKey.of(0), Shape.of(2, 3), DType.F32));
  }

  @Test
  void theRaisedCosineIsTheDerivativeOfSpikes() {
    RaisedCosine surrogate = new RaisedCosine(2);
    double[] x = {-3, -1, 0, 0.5, 2.5};
    double[] got =
        Engram.grad((Tensor v) -> surrogate.spike(v).sum())
            .apply(HostTensor.of(x, x.length))
            .host()
            .toDoubles();
    double[] want = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      want[i] = Math.abs(x[i]) < 2 ? (1 + Math.cos(Math.PI * x[i] / 2)) / 4 : 0;
    }
    assertArrayEquals(want, got, 1e-15);
  }
}
