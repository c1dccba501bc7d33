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
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link Lookahead}, {@link Accumulation} and {@link WeightAverage}. */
class WrappersTest {
  private final State w = State.parameter(HostTensor.of(new double[] {1, -2}, 2));
  private final States weights = new States(Map.of("w", w));
  private final Sgd sgd = new Sgd(0.1);

  WrappersTest() {
    sgd.register(weights);
  }

  private static Grads of(double... g) {
    return new Grads(Map.of("w", HostTensor.of(g, g.length)));
  }

  private double[] now() {
    return w.value().host().toDoubles();
  }

  @Test
  void lookaheadGoesPartOfTheWay() {
    Lookahead ahead = new Lookahead(sgd, weights, 2, 0.5);
    Fn1<Grads, Tensor> step =
        Engram.jit(
            g -> {
              ahead.update(g);
              return w.value();
            });
    step.apply(of(1, 0));
    assertArrayEquals(new double[] {0.9, -2}, now(), 1e-15);
    step.apply(of(3, -1));
    assertArrayEquals(new double[] {0.8, -1.95}, now(), 1e-15); // half of 0.6, -1.9
    step.apply(of(1, 1));
    assertArrayEquals(new double[] {0.7, -2.05}, now(), 1e-15);
    assertEquals(List.of("updater.count", "slow.w", "calls"), ahead.states().paths());
    assertEquals(1, ahead.states().get("calls").value().host().item());
  }

  /** Slow weights of 16 bits are f32: small steps add up. */
  @Test
  void slowWeightsAreWide() {
    State narrow = State.parameter(HostTensor.of(new float[] {1}, 1).cast(DType.BF16));
    States one = new States(Map.of("w", narrow));
    Sgd inner = new Sgd(1);
    inner.register(one);
    Lookahead ahead = new Lookahead(inner, one, 1, 0.125);
    Tensor g = HostTensor.of(new float[] {0x1p-7f}, 1);
    for (int t = 0; t < 2; t++) {
      ahead.update(new Grads(Map.of("w", g)));
    }
    State slow = ahead.states().get("slow.w");
    assertEquals(DType.F32, slow.type().dtype());
    assertTrue(slow.value().host().item() < 1 - 0x1p-10, "two eighths of a step");
  }

  @Test
  void accumulationUpdatesByTheMean() {
    Accumulation sum = new Accumulation(sgd, weights, 3);
    Fn1<Grads, Tensor> step =
        Engram.jit(
            g -> {
              sum.update(g);
              return w.value();
            });
    for (int round = 0; round < 2; round++) {
      step.apply(of(1, 0));
      step.apply(of(2, 0));
      assertArrayEquals(new double[] {1 - 0.2 * round, -2 + 0.1 * round}, now(), 1e-15);
      assertEquals(round, sgd.states().get("count").value().host().item());
      step.apply(of(3, -3));
    }
    assertArrayEquals(new double[] {0.6, -1.8}, now(), 1e-15);
    String e =
        assertThrows(
                EngramException.class,
                () -> sum.update(new Grads(Map.of("v", HostTensor.of(new double[] {1}, 1)))))
            .getMessage();
    assertTrue(e.contains("Accumulation.update: got gradients of [v] too many"), e);
    assertThrows(TypeException.class, () -> sum.update(of(1, 2, 3)));
  }

  @Test
  void averagesAreTheMeansOfWeights() {
    WeightAverage mean = WeightAverage.uniform(weights);
    WeightAverage moving = WeightAverage.exponential(weights, 0.9);
    double[][] all = {{1, 2}, {4, -3}, {7, 10}};
    double[] slow = {1, -2};
    for (double[] now : all) {
      w.set(HostTensor.of(now, 2));
      mean.update();
      moving.update();
      for (int i = 0; i < 2; i++) {
        slow[i] = 0.9 * slow[i] + 0.1 * now[i];
      }
    }
    States copy = new States(Map.of("w", State.parameter(HostTensor.of(new float[2], 2))));
    mean.copyTo(copy);
    assertArrayEquals(new double[] {4, 3}, copy.get("w").value().host().toDoubles(), 1e-6);
    moving.copyTo(weights);
    assertArrayEquals(slow, now(), 1e-15);
    assertEquals(List.of("average.w", "count"), moving.states().paths());
    String e =
        assertThrows(EngramException.class, () -> mean.copyTo(new States(Map.of("v", w))))
            .getMessage();
    assertTrue(e.contains("target has [v], expected the averaged weights [w] (Wrappers"), e);
  }

  @Test
  void wrappersWrapEachOther() {
    Lookahead both = new Lookahead(new Accumulation(sgd, weights, 2), weights, 2, 0.5);
    both.update(of(1, 1));
    both.update(of(3, 3));
    assertArrayEquals(new double[] {0.9, -2.1}, now(), 1e-15);
    assertTrue(both.states().paths().contains("updater.updater.count"));
  }

  @Test
  void trainingGoesOnFromSavedStates(@TempDir Path folder) throws IOException {
    Lookahead first = both(w);
    State v = State.parameter(HostTensor.of(new double[] {1, -2}, 2));
    Lookahead again = both(v);
    for (int t = 0; t < 7; t++) {
      first.update(of(t, 1 - t));
    }
    Path file = folder.resolve("states");
    first.states().save(file);
    again.states().load(file);
    v.set(w.value());
    for (int t = 0; t < 7; t++) {
      first.update(of(t, 2));
      again.update(of(t, 2));
      assertArrayEquals(now(), v.value().host().toDoubles(), "update " + t);
    }
  }

  /** Returns after every sixth gradient. */
  private static Lookahead both(State w) {
    States weights = new States(Map.of("w", w));
    Adam adam = new Adam(0.1);
    adam.register(weights);
    return new Lookahead(new Accumulation(adam, weights, 2), weights, 6, 0.5);
  }

  @Test
  void constantsOutOfRangeAreRefused() {
    assertThrows(TypeException.class, () -> new Lookahead(sgd, weights, 0, 0.5));
    assertThrows(TypeException.class, () -> new Lookahead(sgd, weights, 1, 1.5));
    assertThrows(TypeException.class, () -> new Accumulation(sgd, weights, 0));
    assertThrows(TypeException.class, () -> WeightAverage.exponential(weights, 1));
  }

  /** An update that the inner optimizer refuses has changed nothing. */
  @Test
  void aRefusedUpdateAccumulatesNothing() {
    State w = State.parameter(HostTensor.of(new double[] {1}, 1));
    States weights = new States(Map.of("w", w));
    int[] tries = {0};
    Accumulation twice =
        new Accumulation(
            g -> {
              if (tries[0]++ == 0) {
                throw new EngramException("refused");
              }
              w.set(w.value().sub(g.get("w")));
            },
            weights,
            1);
    Grads g = new Grads(Map.of("w", HostTensor.of(new double[] {0.25}, 1)));
    assertThrows(EngramException.class, () -> twice.update(g));
    twice.update(g);
    assertEquals(0.75, w.value().host().getDouble(0));
  }
}
