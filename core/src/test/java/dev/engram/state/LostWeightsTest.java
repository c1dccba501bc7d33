package dev.engram.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.Jitted;
import dev.engram.Logged;
import dev.engram.Model;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.MinGruCell;
import dev.engram.online.Learner;
import dev.engram.optim.LossScale;
import dev.engram.optim.Sgd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Losses that are NaN or infinite are reported once per model. */
class LostWeightsTest {
  private final State w = State.parameter(HostTensor.full(TensorType.of(DType.F32, 3), 1));
  private final States weights = new States(Map.of("w", w));

  private Jitted.Of1<Tensor, Tensor> step(double rate) {
    Sgd sgd = new Sgd(rate);
    sgd.register(weights);
    return Engram.jit(
        (Tensor x) -> {
          ValueAndGrad<Grads> g =
              Engram.valueAndGrad(() -> w.value().mul(x).square().sum(), weights).apply();
          sgd.update(g.grad());
          return g.value();
        });
  }

  private static List<String> run(Jitted.Of1<Tensor, Tensor> step, double... xs) {
    return Logged.by(
        () -> {
          for (double x : xs) {
            step.apply(HostTensor.full(TensorType.of(DType.F32), x)).host();
          }
        });
  }

  private static void isTold(String value, List<String> told) {
    assertEquals(1, told.size(), told::toString);
    String line = told.getFirst();
    assertTrue(line.startsWith("WARNING: the loss is " + value + " (LostWeightsTest.java:"), line);
    for (String part : List.of("lower rate", "clipByGlobalNorm", "checkNumerics")) {
      assertTrue(line.contains(part), line);
    }
  }

  @Test
  void onceInACompiledStep() {
    isTold("NaN", run(step(0.1), 1, Double.NaN, 1, 1));
  }

  @Test
  void infinitiesToo() {
    isTold("Infinity", run(step(1e30), 1, 1, 1, 1, 1));
  }

  @Test
  void onceThoughCompiledAgain() {
    List<String> first = run(step(0.1), Double.NaN);
    List<String> second = run(step(0.1), Double.NaN);
    isTold("NaN", first);
    assertEquals(List.of(), second);
  }

  /** As soon as the weights are set, not just for the gradient. */
  @Test
  void outsideOfCompiledFunctions() {
    Sgd sgd = new Sgd(0.1);
    sgd.register(weights);
    List<Grads> g = new ArrayList<>();
    assertEquals(
        List.of(),
        Logged.by(
            () -> g.add(Engram.grad(() -> w.value().sum().mul(Double.NaN), weights).apply())));
    isTold("NaN", Logged.by(() -> sgd.update(g.getFirst())));
    assertEquals(List.of(), Logged.by(() -> sgd.update(g.getFirst())));
  }

  @Test
  void inALoopOutsideOfCompiledFunctions() {
    Tensor xs = HostTensor.of(new double[] {1, Double.NaN, 1}, 3).cast(DType.F32);
    isTold(
        "NaN",
        Logged.by(
            () ->
                Engram.forLoop(
                    (Tensor x) -> {
                      w.set(w.value().mul(x));
                      return w.value().sum();
                    },
                    xs)));
  }

  /** Steps and windows, complete and incomplete ones. */
  @Test
  void ofALearner() {
    for (int window : new int[] {0, 1, 2, 3, 4}) {
      Rule rule = Rule.dRtrl();
      Rule mine = window == 0 ? rule : rule.with(new Schedule.Window(window));
      MinGruCell cell = new MinGruCell(1, 2, RandomKey.of(0));
      Tensor xs = HostTensor.full(TensorType.of(DType.F32, 3, 1, 1), Double.NaN);
      Learner<Tensor, Tensor> learner =
          Learner.compile(cell, m -> new Learner<>(m, mine), xs.get(0));
      Sgd sgd = new Sgd(0.1);
      sgd.register(learner.weights());
      isTold(
          "NaN",
          Logged.by(
              () -> sgd.update(learner.grad(xs, xs, (out, y) -> out.sum().add(y.sum())).grads())));
    }
  }

  /**
   * An infinite loss is no fault where {@link LossScale} skips the step; a real one is still
   * reported.
   */
  @Test
  void lossScalesMayOverflow() {
    for (boolean compiled : new boolean[] {true, false}) {
      State v = State.parameter(HostTensor.full(TensorType.of(DType.F16, 3), 1));
      States half = new States(Map.of("v", v));
      Sgd sgd = new Sgd(1e30);
      sgd.register(half);
      LossScale scale = LossScale.dynamic();
      Fn1<Tensor, Tensor> step =
          x -> {
            ValueAndGrad<Grads> g =
                Engram.valueAndGrad(() -> scale.of(v.value().mul(x).sum()), half).apply();
            scale.step(g.grad(), sgd::update);
            return g.value();
          };
      Fn1<Tensor, Tensor> f = compiled ? Engram.jit(step) : step;
      Tensor large = HostTensor.full(TensorType.of(DType.F16), Double.POSITIVE_INFINITY);
      assertEquals(List.of(), Logged.by(() -> f.apply(large).host()));
      assertEquals(List.of(), Logged.by(() -> f.apply(large).host()));
      Tensor one = HostTensor.full(TensorType.of(DType.F16), 1);
      List<String> then =
          Logged.by(
              () -> {
                f.apply(one).host();
                f.apply(one).host();
                f.apply(one).host();
              });
      assertEquals(
          1,
          then.stream().filter(l -> l.contains("weights are no longer finite")).count(),
          then::toString);
    }
  }

  /**
   * Results that look like losses and are -∞ while weights are finite, such as log-probabilities.
   */
  @Test
  void silentWhileWeightsAreFinite() {
    Sgd sgd = new Sgd(0.1);
    sgd.register(weights);
    Jitted.Of1<Tensor, Pair<Tensor, Tensor>> f =
        Engram.jit(
            (Tensor x) -> {
              ValueAndGrad<Grads> g =
                  Engram.valueAndGrad(() -> w.value().mul(x).square().sum(), weights).apply();
              sgd.update(g.grad());
              return new Pair<>(g.value(), w.value().like(0).log());
            });
    Tensor half = HostTensor.full(TensorType.of(DType.F32), 0.5);
    assertEquals(List.of(), Logged.by(() -> f.apply(half).second().host()));
    // the control: then it is lost
    Tensor nan = HostTensor.full(TensorType.of(DType.F32), Double.NaN);
    isTold("NaN", Logged.by(() -> f.apply(nan).first().host()));
  }

  private static final class Two extends Model {
    final State sound = parameter(HostTensor.full(TensorType.of(DType.F32), 1));
    final State lost = parameter(HostTensor.full(TensorType.of(DType.F32), 1));
  }

  @Test
  void namesAWeightThatIsLost() {
    Two two = new Two();
    Jitted.Of1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              two.sound.set(two.sound.value().mul(0.5));
              two.lost.set(two.lost.value().mul(x));
              return two.lost.value();
            });
    List<String> told = run(f, Double.NaN);
    isTold("NaN", told);
    assertTrue(told.getFirst().contains("such as state lost of Two"), told::toString);
  }

  /** The gradient is compiled, the update is not: with the loss as a result, and without. */
  @Test
  void ofACompiledGradient() {
    Sgd sgd = new Sgd(0.1);
    State matrix = State.parameter(HostTensor.full(TensorType.of(DType.F32, 2, 2), 1));
    States one = new States(Map.of("matrix", matrix));
    sgd.register(one);
    Jitted.Of1<Tensor, Grads> grad =
        Engram.jit(
            (Tensor x) -> Engram.grad(() -> matrix.value().mul(x).square().sum(), one).apply());
    Jitted.Of1<Tensor, Grads> both =
        Engram.jit(
            (Tensor x) ->
                Engram.valueAndGrad(() -> matrix.value().mul(x).sum(), one).apply().grad());
    for (Jitted.Of1<Tensor, Grads> f : List.of(grad, both)) {
      matrix.set(HostTensor.full(TensorType.of(DType.F32, 2, 2), 1));
      assertEquals(List.of(), trained(sgd, f, 1));
      // Such a result is no fault by itself, while the weights are finite.
      Tensor nan = HostTensor.full(TensorType.of(DType.F32), Double.NaN);
      assertEquals(List.of(), Logged.by(() -> f.apply(nan)));
      assertEquals(List.of(), Logged.by(() -> matrix.set(matrix.value())));
    }
    List<String> told = trained(sgd, grad, Double.NaN);
    assertEquals(1, told.size(), told::toString);
    assertTrue(
        told.getFirst().startsWith("WARNING: a result is NaN (LostWeightsTest"), told::toString);
  }

  private static List<String> trained(Sgd sgd, Jitted.Of1<Tensor, Grads> grad, double x) {
    return Logged.by(() -> sgd.update(grad.apply(HostTensor.full(TensorType.of(DType.F32), x))));
  }

  @Test
  void silentWhileLossesAreFinite() {
    assertEquals(List.of(), run(step(0.1), 1, 2, 0));
  }

  /** NaN is no fault where nothing is trained. */
  @Test
  void silentWithoutTraining() {
    State other = State.other(HostTensor.full(TensorType.of(DType.F32), 1));
    Jitted.Of1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              other.set(other.value().add(x));
              return x.sum();
            });
    assertEquals(List.of(), run(f, Double.NaN, Double.POSITIVE_INFINITY));
    assertEquals(
        List.of(),
        Logged.by(
            () ->
                Engram.grad((Tensor x) -> x.log().sum())
                    .apply(HostTensor.full(TensorType.of(DType.F32), -1))));
  }
}
