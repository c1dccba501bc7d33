package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import dev.engram.nn.Linear;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

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
  void itsTextCountsWhatIsRegistered() {
    Adam adam = new Adam(1e-3);
    assertEquals("Adam(0 parameters)", adam.toString());
    adam.register(new Linear(3, 2, RandomKey.of(1)).states());
    assertEquals("Adam(8 parameters)", adam.toString());
  }

  @Test
  void weightsAreRegisteredOnce() {
    for (Optimizer opt : EveryOptimizer.all(RATE)) {
      opt.register(weights);
      String e = assertThrows(EngramException.class, () -> opt.register(weights)).getMessage();
      String name = opt.getClass().getSimpleName();
      assertTrue(e.contains(name + ".register: got [w] after [w], expected one call"), e);
    }
  }

  private static State state(DType dtype) {
    return State.parameter(HostTensor.full(TensorType.of(dtype, 2), 1));
  }

  /** Weights, moments, masters and the count. */
  private static List<String> values(Optimizer opt, States weights) {
    List<String> out = new ArrayList<>();
    for (States s : List.of(opt.states(), weights)) {
      s.byPath().forEach((path, x) -> out.add(path + " " + x.value()));
    }
    return out;
  }

  private static States inOrder(State a, State b) {
    Map<String, State> out = new LinkedHashMap<>();
    out.put("a", a);
    out.put("b", b);
    return new States(out);
  }

  @Test
  void anUpdateThatIsRefusedChangesNothing() {
    for (Optimizer opt : EveryOptimizer.all(LearningRate.constant(0.1))) {
      States two = inOrder(state(DType.F16), state(DType.F32));
      opt.registerWithMasters(two);
      Grads good = new Grads(Map.of("a", two.get("a").value(), "b", two.get("b").value()));
      Grads bad =
          new Grads(Map.of("a", two.get("a").value(), "b", HostTensor.of(new double[] {1, 2}, 2)));
      opt.update(good);
      List<String> before = values(opt, two);
      assertThrows(TypeException.class, () -> opt.update(bad));
      assertEquals(before, values(opt, two));
      opt.update(good);
      assertNotEquals(before, values(opt, two)); // the control
    }
  }

  @Test
  void aRateThatFailsChangesNothing() {
    LearningRate fails =
        done -> {
          throw new EngramException("no rate");
        };
    LearningRate forEach = done -> HostTensor.of(new double[] {0.1, 0.2}, 2);
    LearningRate whole = done -> done.cast(DType.I32);
    for (Optimizer opt :
        Stream.of(fails, forEach, whole).flatMap(r -> EveryOptimizer.of(r).stream()).toList()) {
      States two = inOrder(state(DType.F16), state(DType.F32));
      opt.registerWithMasters(two);
      Grads good = new Grads(Map.of("a", two.get("a").value(), "b", two.get("b").value()));
      List<String> before = values(opt, two);
      assertThrows(EngramException.class, () -> opt.update(good));
      assertEquals(before, values(opt, two));
    }
  }

  @Test
  void aRegistrationThatIsRefusedRegistersNothing() {
    for (boolean masters : new boolean[] {false, true}) {
      for (Optimizer opt : EveryOptimizer.all(LearningRate.constant(0.1))) {
        State late = State.of(State.Kind.PARAMETER, () -> HostTensor.of(new float[] {1, 2}, 2));
        States two = inOrder(state(DType.F16), late);
        Consumer<States> register = masters ? opt::registerWithMasters : opt::register;
        assertThrows(TraceException.class, () -> register.accept(two));
        assertEquals(List.of("count"), opt.states().paths());
        late.init();
        register.accept(two);
        assertEquals(masters, opt.states().paths().contains("masters.a"));
      }
    }
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

  /** The weights after all updates, computed element by element with {@code next}. */
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

  /** A weight's next value from its value, its gradient, its two moments, and the count. */
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
    assertEquals(norm, GradientTransforms.norm(g).host().item(), 1e-14);
    Grads scaled = GradientTransforms.clipByGlobalNorm(g, 2);
    double[] want = {3 * 2 / norm, -0.5 * 2 / norm};
    assertArrayEquals(want, scaled.get("w").host().toDoubles(), 1e-14);
    assertArrayEquals(new double[] {4 * 2 / norm}, scaled.get("u").host().toDoubles(), 1e-14);
    Grads kept = GradientTransforms.clipByGlobalNorm(g, 6);
    assertArrayEquals(new double[] {3, -0.5}, kept.get("w").host().toDoubles());
    Grads zero = GradientTransforms.clipByGlobalNorm(g.map(x -> x.mul(0)), 1);
    assertArrayEquals(new double[] {0, 0}, zero.get("w").host().toDoubles(), 1e-300);
    Grads limited = GradientTransforms.clipByValue(g, 1);
    assertArrayEquals(new double[] {1, -0.5}, limited.get("w").host().toDoubles());
    Grads decayed = GradientTransforms.withDecay(g, weights, 0.1);
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

  @Test
  void gradientsThatAreMissingOrTooManyAreNamed() {
    Sgd sgd = new Sgd(0.1);
    sgd.register(weights);
    Tensor g = HostTensor.of(new double[] {1, 2}, 2);
    String e =
        assertThrows(EngramException.class, () -> sgd.update(new Grads(Map.of("v", g))))
            .getMessage();
    assertTrue(e.contains("got gradients of [v] too many and none for [w]"), e);
  }

  @Test
  void onlyParametersAreRegistered() {
    States hidden = new States(Map.of("h", State.hidden(() -> HostTensor.of(new float[] {0}))));
    States other = new States(Map.of("k", State.other(HostTensor.of(new int[] {0}))));
    for (States wrong : List.of(hidden, other)) {
      String e =
          assertThrows(EngramException.class, () -> new Adam(0.1).register(wrong)).getMessage();
      assertTrue(e.contains("expected parameters; register model.states().subset("), e);
      assertTrue(e.contains("(OptimizerTest.java:"), e);
    }
  }

  private static final double[] NO_RATES = {-1e-3, Double.NaN, Double.POSITIVE_INFINITY};
  private static final double[] NO_BETAS = {-0.1, 1, 1.5, Double.NaN};

  private static void refused(String name, Executable make) {
    String e = assertThrows(TypeException.class, make).getMessage();
    assertTrue(e.contains(name + "=") && e.contains("expected"), e);
    assertTrue(e.contains("(OptimizerTest.java:"), e);
  }

  @Test
  void ratesOutOfRangeAreRefused() {
    for (double x : NO_RATES) {
      refused("rate", () -> new Adam(x));
      refused("rate", () -> new Sgd(x));
      refused("rate", () -> new RmsProp(x));
      refused("rate", () -> new Adagrad(x));
      refused("rate", () -> new Lion(x));
      refused("rate", () -> new NAdam(x));
      refused("rate", () -> new AmsGrad(x));
      refused("rate", () -> new AdaBelief(x));
      refused("rate", () -> new Yogi(x));
      refused("rate", () -> new Adamax(x));
      refused("rate", () -> new RAdam(x));
      refused("rate", () -> new AdaDelta(x));
      refused("rate", () -> new Lamb(x));
      refused("rate", () -> new Lars(x));
      refused("rate", () -> new Fromage(x));
      refused("rate", () -> new SignSgd(x));
      refused("rate", () -> new NovoGrad(x));
      refused("rate", () -> new Sm3(x));
      refused("rate", () -> new Adafactor(x));
      refused("start", () -> new Rprop(x));
      refused("peak", () -> LearningRate.oneCycle(x, 10));
      refused("rates", () -> LearningRate.piecewise(new double[] {1, x}, 3));
      refused("rates", () -> LearningRate.interpolated(new double[] {1, x}, 3));
      refused("decay", () -> new Lamb(RATE, 0.9, 0.999, 1e-6, x));
      refused("decay", () -> new Lars(RATE, 0.9, 0.1, x));
      refused("decay", () -> new NovoGrad(RATE, 0.9, 0.25, 1e-6, x));
      refused("decay", () -> new Adafactor(RATE, 2, 0.8, 1, 0, 1e-30, x));
      refused("rate", () -> LearningRate.constant(x));
      refused("rate", () -> LearningRate.step(x, 0.5, 1));
      refused("factor", () -> LearningRate.step(1, x, 1));
      refused("rate", () -> LearningRate.exponential(x, 0.5, 1));
      refused("factor", () -> LearningRate.exponential(1, x, 1));
      refused("rate", () -> LearningRate.cosine(x, 0, 1));
      refused("last", () -> LearningRate.cosine(1, x, 1));
      refused("first", () -> LearningRate.linear(x, 0, 1));
      refused("last", () -> LearningRate.linear(1, x, 1));
      refused("decay", () -> new Adam(RATE, 0.9, 0.999, 1e-8, x));
      refused("decay", () -> new Sgd(RATE, 0, false, x));
      refused("decay", () -> new RmsProp(RATE, 0.9, 1e-8, 0, x));
      refused("decay", () -> new Adagrad(RATE, 0, 1e-8, x));
      refused("decay", () -> new Lion(RATE, 0.9, 0.99, x));
      refused("start", () -> new Adagrad(RATE, x, 1e-8, 0));
    }
    refused("every", () -> LearningRate.exponential(1, 0.5, 0));
    refused("length", () -> LearningRate.warmup(0, RATE));
    refused("length", () -> LearningRate.oneCycle(1, 1));
    refused("rise", () -> LearningRate.oneCycle(0, 1, 0, 1, 10));
    refused("power", () -> LearningRate.polynomial(1, 0, 0, 10));
    refused("shrink", () -> new Rprop(0.1, 1, 1.2, 1e-6, 50));
    refused("grow", () -> new Rprop(0.1, 0.5, 1, 1e-6, 50));
    refused("greatest", () -> new Rprop(0.1, 0.5, 1.2, 1, 0.5));
    refused("least", () -> new Adafactor(RATE, 0, 0.8, 1, 0, 1e-30, 0));
    new Sgd(0); // a rate of 0 is allowed: it freezes the weights
  }

  @Test
  void constantsOutOfRangeAreRefused() {
    for (double x : NO_BETAS) {
      refused("beta1", () -> new Adam(0.1, x, 0.999, 1e-8));
      refused("beta2", () -> new Adam(0.1, 0.9, x, 1e-8));
      refused("beta1", () -> new Lion(RATE, x, 0.99, 0));
      refused("beta2", () -> new Lion(RATE, 0.9, x, 0));
      refused("rho", () -> new RmsProp(RATE, x, 1e-8, 0, 0));
      refused("momentum", () -> new RmsProp(RATE, 0.9, 1e-8, x, 0));
      refused("momentum", () -> new Sgd(0.1, x));
      refused("momentum", () -> new Sm3(RATE, x, 1e-8, 0));
      refused("momentum", () -> new Lars(RATE, x, 0.1, 0));
      refused("momentum", () -> new SignSgd(RATE, x, 0));
      refused("rho", () -> new AdaDelta(RATE, x, 1e-6, 0));
      refused("beta1", () -> new NovoGrad(RATE, x, 0.25, 1e-6, 0));
      refused("beta2", () -> new RAdam(RATE, 0.9, x, 1e-8, 0));
    }
    // 0 / (0 + ε)
    for (double x : new double[] {0, -1e-8, 1e-50, Double.NaN, Double.POSITIVE_INFINITY}) {
      refused("epsilon", () -> new Adam(0.1, 0.9, 0.999, x));
      refused("epsilon", () -> new RmsProp(RATE, 0.9, x, 0, 0));
      refused("epsilon", () -> new Adagrad(RATE, 0, x, 0));
    }
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    Grads g = new Grads(Map.of("w", HostTensor.of(new float[] {3, 4}, 2)));
    for (double x : new double[] {-5, Double.NaN}) {
      refused("limit", () -> GradientTransforms.clipByGlobalNorm(g, x));
      refused("limit", () -> GradientTransforms.clipByValue(g, x));
      refused("decay", () -> GradientTransforms.withDecay(g, weights, x));
    }
    // no limit, and nothing left
    double[] all = GradientTransforms.clipByGlobalNorm(g, 1 / 0.0).get("w").host().toDoubles();
    assertArrayEquals(new double[] {3, 4}, all);
    double[] none = GradientTransforms.clipByGlobalNorm(g, 0).get("w").host().toDoubles();
    assertArrayEquals(new double[] {0, 0}, none);
  }

  /** (3, 4) · s has the norm 5 s, wherever its squares lie. */
  @Test
  void normsNeitherOverflowNorVanish() {
    Map<DType, double[]> scales =
        Map.of(
            DType.F16, new double[] {1e-6, 1, 1e4},
            DType.BF16, new double[] {1e-37, 1, 1e37},
            DType.F32, new double[] {1e-37, 1e-20, 1, 1e20, 6e37},
            DType.F64, new double[] {1e-300, 1e-200, 1, 1e200, 3e307});
    scales.forEach(
        (dtype, all) -> {
          for (double s : all) {
            Tensor x = HostTensor.of(new double[] {3 * s, 4 * s}, 2).cast(dtype);
            double[] held = x.host().toDoubles();
            double length = held[1] * Math.hypot(held[0] / held[1], 1);
            Grads g = new Grads(Map.of("w", x));
            double norm = GradientTransforms.norm(g).host().item();
            assertEquals(1, norm / length, 1e-6, dtype + " " + s);
            double[] clipped =
                GradientTransforms.clipByGlobalNorm(g, s / 2).get("w").host().toDoubles();
            double least = dtype == DType.F16 ? 0x1p-24 : 0;
            double digits = dtype == DType.F64 || dtype == DType.F32 ? 1e-5 : 0.02;
            assertEquals(0.3 * s, clipped[0], 0.3 * digits * s + least, dtype + " " + s);
            assertEquals(0.4 * s, clipped[1], 0.4 * digits * s + least, dtype + " " + s);
          }
        });
    Map<String, Tensor> mixed =
        Map.of(
            "a", HostTensor.of(new float[] {300, 400}, 2).cast(DType.F16),
            "b", HostTensor.of(new float[] {1}, 1));
    Grads clipped = GradientTransforms.clipByGlobalNorm(new Grads(mixed), 5);
    assertArrayEquals(new double[] {3, 4}, clipped.get("a").host().toDoubles(), 2e-3);
    assertEquals(5 / Math.sqrt(250_001), clipped.get("b").host().item(), 1e-8);
    assertEquals(DType.F32, GradientTransforms.norm(new Grads(mixed)).dtype());
  }
}
