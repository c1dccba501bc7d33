package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class OptimizerTest {
  private final State w = State.parameter(HostTensor.of(new double[] {1, -2}, 2));
  private final States weights = new States(Map.of("w", w));

  private static final double[][] GRADS = {{0.5, -3}, {1, 0.1}, {-2, 0}, {0.3, 4}};

  private double[] run(Optimizer opt) {
    opt.register(weights);
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            (Tensor g) -> {
              opt.update(new Grads(Map.of("w", g)));
              return g;
            });
    for (double[] g : GRADS) {
      step.apply(HostTensor.of(g, 2));
    }
    return w.value().host().toDoubles();
  }

  @Test
  void weightsAreRegisteredOnce() {
    Optimizer opt = new Adam(0.1);
    opt.register(weights);
    String e = assertThrows(EngramException.class, () -> opt.register(weights)).getMessage();
    assertTrue(e.contains("Adam.register: got [w] after [w], expected one call"), e);
  }

  @Test
  void adamIsItsEquations() {
    double[] m = new double[2];
    double[] v = new double[2];
    double[] x = {1, -2};
    for (int t = 1; t <= GRADS.length; t++) {
      for (int i = 0; i < 2; i++) {
        double g = GRADS[t - 1][i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        double mean = m[i] / (1 - Math.pow(0.9, t));
        double deviation = Math.sqrt(v[i] / (1 - Math.pow(0.999, t)));
        x[i] -= 0.01 * mean / (deviation + 1e-8);
      }
    }
    Adam adam = new Adam(0.01);
    assertArrayEquals(x, run(adam), 1e-12);
    assertEquals(List.of("count", "m.w", "v.w"), adam.states().paths());
    assertEquals(4, adam.states().get("count").value().host().item());
  }

  @Test
  void sgdIsItsEquations() {
    double[] x = {1, -2};
    double[] v = new double[2];
    for (double[] g : GRADS) {
      for (int i = 0; i < 2; i++) {
        v[i] = 0.5 * v[i] + g[i];
        x[i] -= 0.1 * v[i];
      }
    }
    assertArrayEquals(x, run(new Sgd(0.1, 0.5)), 1e-12);
    w.set(HostTensor.of(new double[] {1, -2}, 2));
    assertArrayEquals(new double[] {1 - 0.1 * -0.2, -2 - 0.1 * 1.1}, run(new Sgd(0.1)), 1e-12);
  }

  /** The weights after all updates, by {@code next}, which is asked for each element. */
  private static double[] plain(Next next) {
    double[] x = {1, -2};
    for (int i = 0; i < 2; i++) {
      double[] m = new double[2];
      for (int t = 0; t < GRADS.length; t++) {
        x[i] = next.of(x[i], GRADS[t][i], m, t);
      }
    }
    return x;
  }

  /** A weight's next value from itself, its gradient, its two moments, and the count. */
  private interface Next {
    double of(double w, double g, double[] m, int t);
  }

  private static final LearningRate RATE = LearningRate.exponential(0.1, 0.5, 2);

  private static double rate(int t) {
    return 0.1 * Math.pow(0.5, t / 2.0);
  }

  private void check(Optimizer opt, Next next) {
    w.set(HostTensor.of(new double[] {1, -2}, 2));
    assertArrayEquals(plain(next), run(opt), 1e-12, opt.getClass().getSimpleName());
  }

  @Test
  void theOthersAreTheirEquations() {
    check(
        new Sgd(RATE, 0.8, true, 0.3),
        (w, g, m, t) -> {
          m[0] = 0.8 * m[0] + g;
          return w - rate(t) * (0.8 * m[0] + g + 0.3 * w);
        });
    check(
        new Adam(RATE, 0.7, 0.95, 1e-3, 0.2),
        (w, g, m, t) -> {
          m[0] = 0.7 * m[0] + 0.3 * g;
          m[1] = 0.95 * m[1] + 0.05 * g * g;
          double mean = m[0] / (1 - Math.pow(0.7, t + 1));
          double square = m[1] / (1 - Math.pow(0.95, t + 1));
          return w - rate(t) * (mean / (Math.sqrt(square) + 1e-3) + 0.2 * w);
        });
    check(
        new RmsProp(RATE, 0.9, 1e-4, 0, 0.1),
        (w, g, m, t) -> {
          m[0] = 0.9 * m[0] + 0.1 * g * g;
          return w - rate(t) * (g / (Math.sqrt(m[0]) + 1e-4) + 0.1 * w);
        });
    check(
        new RmsProp(RATE, 0.9, 1e-4, 0.6, 0),
        (w, g, m, t) -> {
          m[0] = 0.9 * m[0] + 0.1 * g * g;
          m[1] = 0.6 * m[1] + g / (Math.sqrt(m[0]) + 1e-4);
          return w - rate(t) * m[1];
        });
    check(
        new Adagrad(RATE, 0.1, 1e-6, 0),
        (w, g, m, t) -> {
          m[0] += g * g;
          return w - rate(t) * g / (Math.sqrt(m[0] + 0.1) + 1e-6);
        });
    check(
        new Lion(RATE, 0.8, 0.95, 0.2),
        (w, g, m, t) -> {
          double step = Math.signum(0.8 * m[0] + 0.2 * g);
          m[0] = 0.95 * m[0] + 0.05 * g;
          return w - rate(t) * (step + 0.2 * w);
        });
  }

  @Test
  void schedulesAreTheirFormulas() {
    check(LearningRate.constant(0.3), t -> 0.3);
    check(LearningRate.step(0.3, 0.5, 4), t -> 0.3 * Math.pow(0.5, Math.floorDiv(t, 4)));
    check(LearningRate.exponential(0.3, 0.5, 4), t -> 0.3 * Math.pow(0.5, t / 4.0));
    check(
        LearningRate.cosine(0.3, 0.1, 8),
        t -> t >= 8 ? 0.1 : 0.1 + 0.2 * (1 + Math.cos(Math.PI * t / 8)) / 2);
    check(LearningRate.linear(0.1, 0.5, 8), t -> t >= 8 ? 0.5 : 0.1 + 0.4 * t / 8);
    check(
        LearningRate.warmup(4, LearningRate.step(0.3, 0.5, 4)),
        t -> t < 4 ? 0.3 * t / 4 : 0.3 * Math.pow(0.5, Math.floorDiv(t - 4, 4)));
    assertThrows(TypeException.class, () -> LearningRate.step(0.3, 0.5, 0));
  }

  private static void check(LearningRate s, IntToDoubleFunction want) {
    for (int t = 0; t < 14; t++) {
      double got = s.at(HostTensor.of(new double[] {t})).host().item();
      assertEquals(want.applyAsDouble(t), got, 1e-14, "after " + t + " updates");
    }
  }

  @Test
  void theRateFollowsTheUpdates() {
    Sgd sgd = new Sgd(LearningRate.step(1, 0.5, 2), 0, false, 0);
    assertEquals(1, sgd.rate().host().item());
    run(sgd);
    assertEquals(0.25, sgd.rate().host().item());
  }

  @Test
  void gradientsAreClippedAndDecayed() {
    Grads g =
        new Grads(
            Map.of(
                "w", HostTensor.of(new double[] {3, -0.5}, 2),
                "u", HostTensor.of(new double[] {4}, 1)));
    double norm = Math.sqrt(9 + 0.25 + 16);
    assertEquals(norm, Gradients.norm(g).host().item(), 1e-14);
    Grads scaled = Gradients.clipByGlobalNorm(g, 2);
    double[] want = {3 * 2 / norm, -0.5 * 2 / norm};
    assertArrayEquals(want, scaled.get("w").host().toDoubles(), 1e-14);
    assertArrayEquals(new double[] {4 * 2 / norm}, scaled.get("u").host().toDoubles(), 1e-14);
    Grads kept = Gradients.clipByGlobalNorm(g, 6);
    assertArrayEquals(new double[] {3, -0.5}, kept.get("w").host().toDoubles());
    Grads zero = Gradients.clipByGlobalNorm(g.map(x -> x.mul(0)), 1);
    assertArrayEquals(new double[] {0, 0}, zero.get("w").host().toDoubles(), 1e-300);
    Grads limited = Gradients.clipByValue(g, 1);
    assertArrayEquals(new double[] {1, -0.5}, limited.get("w").host().toDoubles());
    Grads decayed = Gradients.withDecay(g, weights, 0.1);
    assertArrayEquals(new double[] {3.1, -0.7}, decayed.get("w").host().toDoubles(), 1e-14);
    assertArrayEquals(new double[] {4}, decayed.get("u").host().toDoubles());
  }

  @Test
  void refusesGradientsOfOtherWeights() {
    Sgd sgd = new Sgd(0.1);
    String unregistered =
        assertThrows(
                EngramException.class,
                () -> sgd.update(new Grads(Map.of("w", HostTensor.of(new double[] {1, 2}, 2)))))
            .getMessage();
    assertTrue(unregistered.contains("call register(weights)"), unregistered);
    sgd.register(weights);
    String type =
        assertThrows(
                TypeException.class,
                () ->
                    sgd.update(
                        new Grads(
                            Map.of("w", HostTensor.of(new double[] {1, 2}, 2).cast(DType.F32)))))
            .getMessage();
    assertTrue(type.contains("the gradient of w has type f32[2], expected f64[2]"), type);
  }
}
