package org.example.rules;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.TraceFilter;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.Sequential;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.testkit.Close;
import dev.engram.testkit.ModelChecks;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Learning rules of other authors: what they compute, what the reports say, and that they learn.
 */
class RulesTest {
  private static final Fn1<Tensor, Tensor> LOSS = out -> out.sub(0.5).square().sum();
  private static final int HIDDEN = 4;
  private static final double TAU = 3;
  private static final double LEAK = Math.exp(-1 / TAU);

  private static Tensor normal(int seed, int... dims) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(dims), DType.F64);
  }

  private static final Tensor XS = normal(3, 6, 2, 3);

  private static Layer lstm() {
    return new Sequential(
        new LstmCell(3, HIDDEN, RandomKey.of(1), DType.F64),
        new Linear(HIDDEN, 2, RandomKey.of(2), DType.F64));
  }

  private static Layer leaky() {
    return new LeakyReadout(3, HIDDEN, TAU, 1, RandomKey.of(1), DType.F64);
  }

  private static ModelChecks<Tensor, Tensor> checks(Fn0<Layer> model) {
    return new ModelChecks<>(model::apply, XS, LOSS);
  }

  private static Grads grads(Fn0<Layer> model, Rule rule) {
    return Learner.compile(model.apply(), rule, XS.get(0)).grad(XS, LOSS).grads();
  }

  private static void same(Grads got, Grads want) {
    want.byPath().forEach((path, g) -> Close.check(path, got.get(path), g));
  }

  private static boolean differ(Grads a, Grads b) {
    return a.paths().stream()
        .anyMatch(p -> a.get(p).sub(b.get(p)).abs().max().host().item() > 1e-6);
  }

  // ---- the signal

  private static double[] sparse(int k, double... derivative) {
    Tensor d = HostTensor.of(derivative, derivative.length);
    LearningSignal.Sources s = new LearningSignal.Sources("h", d, d, d.like(0), d);
    return new SparseSignal(k).signal(s).host().toDoubles();
  }

  @Test
  void theGreatestElementsOfTheSignalStay() {
    assertArrayEquals(new double[] {0, -3, 2, 0}, sparse(2, 1, -3, 2, 0.5));
    assertArrayEquals(new double[] {0, -3, 0, 0}, sparse(1, 1, -3, 2, 0.5));
    assertArrayEquals(new double[] {1, -3, 2, 0.5}, sparse(9, 1, -3, 2, 0.5));
    Rule all = Rule.dRtrl().with(new SparseSignal(HIDDEN));
    same(grads(RulesTest::lstm, all), grads(RulesTest::lstm, Rule.dRtrl()));
    Rule one = Rule.dRtrl().with(new SparseSignal(1));
    assertTrue(differ(grads(RulesTest::lstm, one), grads(RulesTest::lstm, Rule.dRtrl())));
    // A readout has no trace.
    List<String> different = checks(RulesTest::lstm).learning(one);
    assertTrue(different.contains("layers.0.Wi.weight"), different::toString);
    assertFalse(different.contains("layers.1.weight"), different::toString);
  }

  // ---- the filter

  @Test
  void theFilterIsItsFormula() {
    DoubleExponential filter = new DoubleExponential(0.5, 0.8);
    List<Tensor> memory = List.of(HostTensor.of(new double[1], 1), HostTensor.of(new double[1], 1));
    double[] traces = {1, 0, -2, 0.5};
    double a = 0;
    double b = 0;
    for (double e : traces) {
      Tensor trace = HostTensor.of(new double[] {e}, 1);
      memory = filter.update(trace, memory);
      a = 0.5 * a + e;
      b = 0.8 * b + a;
      assertEquals(b, filter.used(trace, memory).host().getDouble(0), 1e-15);
    }
  }

  @Test
  void withoutARiseItIsKappa() {
    Rule kappa = Rule.dRtrl().with(new TraceFilter.Kappa(0.7));
    Rule own = Rule.dRtrl().with(new DoubleExponential(0, 0.7));
    same(grads(RulesTest::lstm, own), grads(RulesTest::lstm, kappa));
    Rule slower = Rule.dRtrl().with(new DoubleExponential(0.5, 0.7));
    assertTrue(differ(grads(RulesTest::lstm, slower), grads(RulesTest::lstm, kappa)));
    assertFalse(checks(RulesTest::leaky).learning(slower).isEmpty());
    assertThrows(EtraceException.class, () -> own.with(new Schedule.Window(2)));
  }

  // ---- the factorization

  @Test
  void aTraceOfTheInputIsExactForALeak() {
    Rule rule = Rule.dRtrl().with(new PresynapticTrace(LEAK));
    // Said to be approximate, since that hangs on the model.
    assertEquals(List.of(), checks(RulesTest::leaky).learning(rule));
    Rule other = Rule.dRtrl().with(new PresynapticTrace(0.5));
    List<String> all = checks(RulesTest::leaky).learning(other);
    assertEquals(List.of("W.bias", "W.weight"), all.stream().sorted().toList());
    assertTrue(checks(RulesTest::lstm).learning(rule).contains("layers.0.Wi.weight"));
    Learner<Tensor, Tensor> learner = Learner.compile(leaky(), rule, XS.get(0));
    String said = learner.report().exactnessOf("W.weight").orElseThrow().toString();
    assertTrue(said.endsWith("takes outer products, PresynapticTrace, for the traces"), said);
    // a and f of the weight, and of the bias.
    assertEquals(8 * (3 + HIDDEN + 1 + HIDDEN), learner.cost().traceBytes());
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    for (Fn0<Object> bad :
        List.<Fn0<Object>>of(
            () -> new SparseSignal(0),
            () -> new DoubleExponential(1, 0.5),
            () -> new DoubleExponential(0.5, -0.1),
            () -> new PresynapticTrace(1))) {
      assertTrue(assertThrows(TypeException.class, bad::apply).getMessage().contains("expected"));
    }
  }

  // ---- learning

  /** The input's mean over about four steps. */
  private static double[] losses(Rule rule, Fn0<Layer> model) {
    int steps = 20;
    int batch = 8;
    Tensor xs = normal(5, steps, batch, 3);
    List<Tensor> means = new ArrayList<>();
    Tensor mean = normal(0, batch, 1).like(0);
    for (int t = 0; t < steps; t++) {
      mean = mean.mul(0.75).add(xs.get(t).mean(1).reshape(batch, 1).mul(0.25));
      means.add(mean);
    }
    Tensor ys = Tensor.stack(0, means);
    Learner<Tensor, Tensor> learner = Learner.compile(model.apply(), rule, xs.get(0));
    Adam adam = new Adam(0.02);
    adam.register(learner.weights());
    Fn2<Tensor, Tensor, Tensor> train =
        Engram.jit(
            (in, want) -> {
              learner.reset();
              Learner.Sequence<Tensor> s =
                  learner.rollout(in).mean().grad(want, (out, y) -> out.sub(y).square().mean());
              adam.update(s.grads());
              return s.loss();
            });
    double first = train.apply(xs, ys).host().item();
    double last = first;
    for (int i = 0; i < 100; i++) {
      last = train.apply(xs, ys).host().item();
    }
    return new double[] {first, last};
  }

  private static Layer minGru() {
    return new Sequential(
        new MinGruCell(3, 8, RandomKey.of(1), DType.F64),
        new Linear(8, 1, RandomKey.of(2), DType.F64));
  }

  private static Layer behindAReadout() {
    return new Sequential(
        new MinGruCell(3, 8, RandomKey.of(1), DType.F64),
        new LeakyReadout(8, 1, 1, 1, RandomKey.of(2), DType.F64));
  }

  private static void learns(Rule rule, Fn0<Layer> model) {
    double[] loss = losses(rule, model);
    assertTrue(loss[1] < 0.02 * loss[0], rule.words() + ": " + loss[0] + " to " + loss[1]);
    // Control: with a signal of zero, weights without traces learn alone.
    LearningSignal.Custom none = s -> s.derivative().like(0);
    double alone = losses(rule.with(none), model)[1];
    assertTrue(loss[1] < 0.25 * alone, rule.words() + ": " + loss[1] + ", without " + alone);
  }

  @Test
  void aSparseSignalLearns() {
    learns(Rule.dRtrl().with(new SparseSignal(2)), RulesTest::minGru);
  }

  @Test
  void filteredTracesLearn() {
    learns(Rule.dRtrl().with(new DoubleExponential(0.2, Math.exp(-1))), RulesTest::behindAReadout);
  }

  @Test
  void tracesOfInputsLearn() {
    learns(Rule.dRtrl().with(new PresynapticTrace(0.75)), RulesTest::minGru);
  }
}
