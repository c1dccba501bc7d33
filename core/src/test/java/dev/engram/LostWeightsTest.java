package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.optim.Sgd;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Losses that are NaN or infinite are told of, once for a model. */
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
            step.apply(HostTensor.full(TensorType.of(DType.F32), x));
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

  @Test
  void inAGradientOutsideOfCompiledFunctions() {
    isTold(
        "NaN",
        Logged.by(() -> Engram.grad(() -> w.value().sum().mul(Double.NaN), weights).apply()));
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
