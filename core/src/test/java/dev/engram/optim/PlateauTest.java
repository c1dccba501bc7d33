package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlateauTest {
  private static Tensor f64(double x) {
    return HostTensor.of(new double[] {x});
  }

  /** PyTorch's ReduceLROnPlateau in plain Java, as its documentation says, with rate 1. */
  private static final class Reference {
    private final double factor;
    private final int patience;
    private final int cooldown;
    private final double threshold;
    private final double least;
    private double best = Double.POSITIVE_INFINITY;
    private double rate = 1;
    private int bad;
    private int waiting;

    Reference(double factor, int patience, int cooldown, double threshold, double least) {
      this.factor = factor;
      this.patience = patience;
      this.cooldown = cooldown;
      this.threshold = threshold;
      this.least = least;
    }

    double next(double loss) {
      if (loss < best * (1 - threshold)) {
        best = loss;
        bad = 0;
      } else {
        bad++;
      }
      if (waiting > 0) {
        waiting--;
        bad = 0;
      }
      if (bad > patience) {
        rate = Math.max(rate * factor, least);
        waiting = cooldown;
        bad = 0;
      }
      return rate;
    }
  }

  @Test
  void ratesAreThoseOfTheReference() {
    Random random = new Random(3);
    int reductions = 0;
    for (int patience : new int[] {0, 1, 3}) {
      for (int cooldown : new int[] {0, 2}) {
        for (double threshold : new double[] {0, 1e-2, 0.3}) {
          Reference want = new Reference(0.5, patience, cooldown, threshold, 0.05);
          Plateau got =
              new Plateau(LearningRate.constant(1), 0.5, patience, cooldown, threshold, 0.05);
          Fn1<Tensor, Tensor> step =
              Engram.jit(
                  loss -> {
                    got.observe(loss);
                    return got.at(loss.like(0).cast(DType.F64));
                  });
          double before = 1;
          for (int t = 0; t < 80; t++) {
            double loss = t % 11 == 7 ? Double.NaN : (3 - t / 40.0) * (0.8 + random.nextDouble());
            double rate = want.next(loss);
            assertEquals(rate, step.apply(f64(loss)).host().item(), 0, "after loss " + t);
            reductions += rate < before ? 1 : 0;
            before = rate;
          }
        }
      }
    }
    assertTrue(reductions > 40, "only " + reductions);
  }

  @Test
  void nanAndInfinityDoNotImprove() {
    Plateau rate = new Plateau(LearningRate.constant(1), 0.5, 1, 0, 0, 0);
    for (double loss : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      rate.observe(f64(loss));
    }
    assertEquals(0.5, rate.at(f64(0)).host().item(), "two that did not improve");
    rate.observe(f64(1e300));
    assertEquals(1e300, rate.states().get("best").value().host().item());
    rate.observe(f64(Double.NaN));
    assertEquals(1e300, rate.states().get("best").value().host().item(), "NaN is never best");
    rate.observe(f64(5));
    assertEquals(0, rate.states().get("bad").value().host().item());
  }

  /** A loss below 0 improves when it is less by the threshold, not when it is the same. */
  @Test
  void lossesBelowZeroImproveDownwards() {
    Plateau rate = new Plateau(LearningRate.constant(1), 0.5, 0, 0, 0.1, 0);
    rate.observe(f64(-10));
    rate.observe(f64(-10.5));
    assertEquals(-10, rate.states().get("best").value().host().item());
    rate.observe(f64(-11.5));
    assertEquals(-11.5, rate.states().get("best").value().host().item());
  }

  private static Adam trained(Plateau rate, State w, double... losses) {
    Adam adam = new Adam(rate);
    adam.register(new States(Map.of("w", w)));
    train(adam, rate, losses);
    return adam;
  }

  private static void train(Adam adam, Plateau rate, double... losses) {
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            loss -> {
              adam.update(new Grads(Map.of("w", loss)));
              rate.observe(loss);
              return loss;
            });
    for (double loss : losses) {
      step.apply(f64(loss));
    }
  }

  @Test
  void statesAreSavedWithThoseOfTheOptimizer(@TempDir Path folder) throws IOException {
    double[] losses = {3, 2, 2.5, 2.2, 2.1, 1.9, 2, 2};
    Plateau rate = new Plateau(LearningRate.constant(0.1), 0.5, 1, 1, 0, 0);
    State w = State.parameter(f64(1));
    Adam adam = trained(rate, w, losses);
    assertTrue(
        adam.states()
            .paths()
            .containsAll(List.of("rate.best", "rate.scale", "rate.bad", "rate.waiting")),
        adam.states().paths().toString());
    Path file = folder.resolve("adam");
    adam.states().save(file);
    Plateau other = new Plateau(LearningRate.constant(0.1), 0.5, 1, 1, 0, 0);
    State v = State.parameter(f64(1));
    Adam again = trained(other, v);
    again.states().load(file);
    v.set(w.value());
    assertEquals(adam.rate().host().item(), again.rate().host().item());
    assertEquals(0.025, again.rate().host().item(), 1e-17, "reduced twice");
    train(adam, rate, 2, 1, 2, 3);
    train(again, other, 2, 1, 2, 3);
    assertEquals(w.value().host().item(), v.value().host().item(), 0);
    assertEquals(0.0125, again.rate().host().item(), 1e-17, "and once more");
  }

  @Test
  void statesWithinOtherSchedulesAreFound() {
    LearningRate rate =
        LearningRate.warmup(3, LearningRate.inTurn(new Plateau(1), 3, done -> done));
    assertTrue(new Sgd(rate, 0, false, 0).states().paths().contains("rate.then.first.best"));
  }

  @Test
  void theRateStaysAboveTheLeast() {
    Plateau rate = new Plateau(LearningRate.constant(1), 0.1, 0, 0, 0, 0.03);
    for (int t = 0; t < 5; t++) {
      rate.observe(f64(1));
    }
    assertEquals(0.03, rate.at(f64(0)).host().item());
  }

  @Test
  void lossesAreFloatScalars() {
    Plateau rate = new Plateau(1);
    String e =
        assertThrows(TypeException.class, () -> rate.observe(HostTensor.of(new float[] {1, 2}, 2)))
            .getMessage();
    assertTrue(e.contains("loss has type f32[2], expected a float scalar (PlateauTest"), e);
    assertThrows(TypeException.class, () -> rate.observe(HostTensor.of(new int[] {1})));
    rate.observe(HostTensor.of(new float[] {1}).cast(DType.BF16));
  }

  @Test
  void constantsOutOfRangeAreRefused() {
    LearningRate one = LearningRate.constant(1);
    for (double x : new double[] {0, 1, -1, Double.NaN}) {
      refused("factor", () -> new Plateau(one, x, 1, 1, 0, 0));
    }
    refused("patience", () -> new Plateau(one, 0.5, -1, 1, 0, 0));
    refused("cooldown", () -> new Plateau(one, 0.5, 1, -1, 0, 0));
    refused("threshold", () -> new Plateau(one, 0.5, 1, 1, 1, 0));
    refused("least", () -> new Plateau(one, 0.5, 1, 1, 0, -1));
  }

  private static void refused(String name, Runnable make) {
    String e = assertThrows(TypeException.class, make::run).getMessage();
    assertTrue(e.contains(name + "=") && e.contains("(PlateauTest.java:"), e);
  }
}
