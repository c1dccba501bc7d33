package dev.engram.tests.narrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import dev.engram.ir.TensorType;
import dev.engram.optim.Adam;
import dev.engram.optim.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every optimizer in f32, bf16 and f16, against its equations in doubles. */
class OptimizersTest {
  private static final List<DType> TYPES = List.of(DType.F32, DType.BF16, DType.F16);

  /**
   * Gradients that the type can represent: 0, some that f16 rounds to 0, small, usual, large, huge.
   */
  private static double[] gradients(DType dtype) {
    double huge = dtype == DType.F16 ? 65504 : 1e18;
    double[] all = {0, 1e-8, 1e-7, 1e-3, 0.5, -300, huge};
    for (int i = 0; i < all.length; i++) {
      all[i] = dtype.toDouble(dtype.bitsOf(all[i]));
    }
    return all;
  }

  private static HostTensor full(DType dtype, int n, double value) {
    return HostTensor.full(TensorType.of(dtype, n), value);
  }

  private static State weight(DType dtype, int n) {
    return State.parameter(full(dtype, n, 1));
  }

  private static Fn1<Tensor, Tensor> step(Optimizer o) {
    return Engram.jit(
        g -> {
          o.update(new Grads(Map.of("w", g)));
          return g;
        });
  }

  @TestFactory
  Stream<DynamicTest> stepsAreTheEquations() {
    return OptimizerEquations.CASES.entrySet().stream()
        .flatMap(
            e ->
                TYPES.stream()
                    .flatMap(
                        t ->
                            Stream.of(false, true)
                                .map(
                                    masters ->
                                        DynamicTest.dynamicTest(
                                            e.getKey() + " " + t + (masters ? " masters" : ""),
                                            () -> follows(e.getValue(), t, masters)))));
  }

  private static void follows(OptimizerEquations.Case c, DType dtype, boolean masters) {
    double[] g = gradients(dtype);
    State w = weight(dtype, g.length);
    Optimizer o = c.make().get();
    States weights = new States(Map.of("w", w));
    if (masters) {
      o.registerWithMasters(weights);
    } else {
      o.register(weights);
    }
    Fn1<Tensor, Tensor> step = step(o);
    HostTensor gradient = HostTensor.of(g, g.length).cast(dtype).host();
    double[] want = new double[g.length];
    double[][] moments = new double[g.length][3];
    Arrays.fill(want, 1);
    boolean rounds = dtype != DType.F32 && !masters;
    for (int t = 1; t <= 50; t++) {
      step.apply(gradient);
      double[] steps = c.equations().steps(want, g, moments, t);
      for (int i = 0; i < g.length; i++) {
        want[i] -= OptimizerEquations.RATE * steps[i];
        want[i] = rounds ? dtype.toDouble(dtype.bitsOf(want[i])) : want[i];
        double got = w.value().host().getDouble(i);
        String what = "step " + t + ", gradient " + g[i] + ": " + got + " for " + want[i];
        // where the weight is rounded each step, a step on the boundary may round the other way
        double more = rounds ? 2 * Narrow.ulp(dtype, want[i]) : 0;
        // the rounding errors of f32, relative to the initial weights of size 1
        double single = 2e-5 * Math.max(1, Math.abs(want[i]));
        boolean near =
            dtype == DType.F32
                ? Math.abs(got - want[i]) <= single
                : Narrow.near(dtype, got, want[i], more + single);
        assertTrue(near, what);
      }
    }
  }

  /** Control: constants rounded to the type are detected. */
  @Test
  void roundedConstantsAreFound() {
    for (DType dtype : Narrow.TYPES) {
      double b2 = dtype.toDouble(dtype.bitsOf(0.999));
      double epsilon = dtype.toDouble(dtype.bitsOf(1e-8));
      OptimizerEquations.Case wrong =
          new OptimizerEquations.Case(
              () -> new Adam(OptimizerEquations.RATE),
              OptimizerEquations.adam(0.9, b2, epsilon, 0));
      assertThrows(AssertionError.class, () -> follows(wrong, dtype, false), dtype.toString());
    }
  }

  @Test
  void allOptimizersAreTried() throws IOException {
    Path root = Path.of(System.getProperty("engram.root"));
    Path folder = root.resolve("core/src/main/java/dev/engram/optim");
    Set<String> found = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path f : files.toList()) {
        if (Files.readString(f)
            .matches("(?s).*public final class \\w+ extends (Optimizer|MomentOptimizer) \\{.*")) {
          found.add(f.getFileName().toString().replace(".java", ""));
        }
      }
    }
    Set<String> tried =
        OptimizerEquations.CASES.values().stream()
            .map(c -> c.make().get().getClass().getSimpleName())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(found, tried);
  }

  @TestFactory
  Stream<DynamicTest> theyLearnTheSquare() {
    Set<String> slow = Set.of("Adam 0", "Adam close to 1", "RmsProp slow", "Sgd 0.999");
    return OptimizerEquations.CASES.keySet().stream()
        .filter(name -> !slow.contains(name))
        .flatMap(
            name ->
                TYPES.stream()
                    .map(
                        t ->
                            DynamicTest.dynamicTest(
                                name + " " + t,
                                () -> learns(OptimizerEquations.CASES.get(name), t))));
  }

  private static void learns(OptimizerEquations.Case c, DType dtype) {
    State w = weight(dtype, 1);
    Optimizer o = c.make().get();
    o.register(new States(Map.of("w", w)));
    Fn1<Tensor, Tensor> step = step(o);
    for (int t = 0; t < 100; t++) {
      step.apply(w.value().mul(2));
    }
    double end = w.value().host().getDouble(0);
    assertTrue(Math.abs(end) < 0.2, "from 1 to " + end);
  }

  @Test
  void momentsOfNarrowWeightsAreWide() {
    for (DType dtype : Narrow.TYPES) {
      for (Map.Entry<String, OptimizerEquations.Case> e : OptimizerEquations.CASES.entrySet()) {
        Optimizer o = e.getValue().make().get();
        o.registerWithMasters(new States(Map.of("w", weight(dtype, 2))));
        o.states()
            .byPath()
            .forEach(
                (path, s) ->
                    assertEquals(
                        path.equals("count") ? DType.I32 : DType.F32, s.type().dtype(), path));
        assertTrue(o.states().paths().contains("masters.w"));
      }
    }
    Optimizer wide = new Adam(OptimizerEquations.RATE);
    wide.registerWithMasters(new States(Map.of("w", weight(DType.F32, 2))));
    assertFalse(wide.states().paths().contains("masters.w"), "f32 is its own master");
  }
}
