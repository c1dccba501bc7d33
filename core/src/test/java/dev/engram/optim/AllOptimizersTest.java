package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import dev.engram.nn.Plain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every optimizer does. */
class AllOptimizersTest {
  private static final LearningRate RATE = LearningRate.exponential(0.1, 0.5, 3);

  private static States weights(DType dtype) {
    return new States(
        new TreeMap<>(
            Map.of(
                "a", State.parameter(Plain.noise(1, 3, 2, 4).cast(dtype)),
                "b", State.parameter(Plain.noise(2, 5).cast(dtype)),
                "c", State.parameter(HostTensor.of(new double[] {0.5}).cast(dtype)))));
  }

  private static Grads grads(int t, DType dtype) {
    return new Grads(
        new TreeMap<>(
            Map.of(
                "a", Plain.noise(10 + t, 3, 2, 4).cast(dtype),
                "b", Plain.noise(50 + t, 5).cast(dtype),
                "c", HostTensor.of(new double[] {t - 1.5}).cast(dtype))));
  }

  private static Fn1<Grads, Tensor> compiled(Updater updater) {
    return Engram.jit(
        g -> {
          updater.update(g);
          return g.get("c");
        });
  }

  private static List<String> values(States s) {
    List<String> out = new ArrayList<>();
    s.byPath().forEach((path, x) -> out.add(path + Arrays.toString(x.value().host().toDoubles())));
    return out;
  }

  @Test
  void trainingGoesOnFromSavedStates(@TempDir Path folder) throws IOException {
    for (DType dtype : List.of(DType.F64, DType.BF16)) {
      List<Optimizer> first = EveryOptimizer.all(RATE);
      List<Optimizer> again = EveryOptimizer.all(RATE);
      for (int i = 0; i < first.size(); i++) {
        States weights = weights(dtype);
        States loaded = weights(dtype);
        first.get(i).registerWithMasters(weights);
        again.get(i).registerWithMasters(loaded);
        Fn1<Grads, Tensor> step = compiled(first.get(i));
        for (int t = 0; t < 3; t++) {
          step.apply(grads(t, dtype));
        }
        Path file = folder.resolve(i + dtype.toString());
        first.get(i).states().save(file);
        again.get(i).states().load(file);
        loaded.copyFrom(weights);
        Fn1<Grads, Tensor> stepAgain = compiled(again.get(i));
        for (int t = 3; t < 6; t++) {
          step.apply(grads(t, dtype));
          stepAgain.apply(grads(t, dtype));
        }
        assertEquals(values(weights), values(loaded), first.get(i).name());
        assertEquals(values(first.get(i).states()), values(again.get(i).states()));
      }
    }
  }

  /** Control: without the states of the optimizer, training is another one. */
  @Test
  void statesMatter() {
    for (Optimizer o : EveryOptimizer.all(RATE)) {
      States weights = weights(DType.F64);
      o.register(weights);
      o.update(grads(0, DType.F64));
      int states = o.states().size();
      boolean rateAlone = o instanceof Fromage;
      assertTrue(rateAlone ? states == 1 : states > 3, o.name() + " has " + states);
    }
  }

  @Test
  void compiledUpdatesAreThoseOutside() {
    List<Optimizer> inside = EveryOptimizer.all(RATE);
    List<Optimizer> outside = EveryOptimizer.all(RATE);
    for (int i = 0; i < inside.size(); i++) {
      States a = weights(DType.F64);
      States b = weights(DType.F64);
      inside.get(i).register(a);
      outside.get(i).register(b);
      Fn1<Grads, Tensor> step = compiled(inside.get(i));
      for (int t = 0; t < 4; t++) {
        step.apply(grads(t, DType.F64));
        outside.get(i).update(grads(t, DType.F64));
      }
      for (String path : a.paths()) {
        double[] want = b.get(path).value().host().toDoubles();
        assertArrayEquals(want, a.get(path).value().host().toDoubles(), 1e-12, path);
      }
    }
  }

  /** The step is skipped, with all states as they were. */
  @Test
  void lossScaleSkipsSteps() {
    for (Optimizer o : EveryOptimizer.all(RATE)) {
      States weights = weights(DType.F32);
      o.register(weights);
      LossScale scale = LossScale.dynamic(16, 10);
      Fn1<Grads, Tensor> step = Engram.jit(g -> scale.step(g, o::update));
      step.apply(grads(0, DType.F32).map(g -> g.mul(16)));
      List<String> before = values(o.states());
      List<String> weightsBefore = values(weights);
      step.apply(grads(1, DType.F32).map(g -> g.div(0)));
      assertEquals(before, values(o.states()), o.name());
      assertEquals(weightsBefore, values(weights), o.name());
      step.apply(grads(1, DType.F32));
      assertNotEquals(weightsBefore, values(weights), o.name());
    }
  }

  /** Where weights, gradients and moments are 0, all stay finite. */
  @Test
  void nothingIsDividedByZero() {
    for (Optimizer o : EveryOptimizer.all(RATE)) {
      States weights =
          new States(
              Map.of(
                  "zero", State.parameter(HostTensor.of(new float[6], 2, 3)),
                  "empty", State.parameter(HostTensor.of(new float[0], 0, 3)),
                  "one", State.parameter(HostTensor.of(new float[] {1, 1}, 2))));
      o.register(weights);
      for (int t = 0; t < 3; t++) {
        o.update(Grads.zeros(weights));
      }
      for (State s : weights.values()) {
        assertTrue(s.value().isFinite().all().host().item() == 1, o.name());
      }
    }
  }

  /** An optimizer of somebody who makes a mistake. */
  private static final class Wrong extends Optimizer {
    Wrong(LearningRate rate) {
      super(rate, 0);
    }

    @Override
    protected void registered(String path, State weight) {}

    @Override
    protected Tensor direction(String path, Tensor weight, Tensor grad) {
      return grad.sum();
    }
  }

  @Test
  void directionsOfOtherTypesAreTold() {
    Wrong o = new Wrong(RATE);
    o.register(weights(DType.F32));
    String e = assertThrows(TypeException.class, () -> o.update(grads(0, DType.F32))).getMessage();
    assertTrue(
        e.contains("Wrong.direction: its result for a has type f32[], expected f32[3,2,4]"), e);
    assertTrue(e.contains("(AllOptimizersTest.java:"), e);
  }

  @Test
  void anOptimizerWithoutARateIsTold() {
    String e = assertThrows(EngramException.class, () -> new Wrong(nothing())).getMessage();
    assertTrue(e.contains("Wrong: rate is null"), e);
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return (T) null;
  }
}
