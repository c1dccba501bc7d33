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
import dev.engram.optim.Adagrad;
import dev.engram.optim.Adam;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Lion;
import dev.engram.optim.Optimizer;
import dev.engram.optim.RmsProp;
import dev.engram.optim.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every optimizer in f32, bf16 and f16, against its equations in doubles. */
class OptimizersTest {
  private static final double RATE = 0.1;
  private static final List<DType> TYPES = List.of(DType.F32, DType.BF16, DType.F16);

  /** The step of a weight, {@code t} counting from 1; {@code m} are its moments. */
  private interface Equations {
    double step(double w, double g, double[] m, int t);
  }

  private record Case(Supplier<Optimizer> make, Equations equations) {}

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    LearningRate rate = LearningRate.constant(RATE);
    CASES.put("Adam", new Case(() -> new Adam(RATE), adam(0.9, 0.999, 1e-8, 0)));
    CASES.put("Adam 0", new Case(() -> new Adam(RATE, 0, 0, 1e-8), adam(0, 0, 1e-8, 0)));
    CASES.put(
        "Adam close to 1",
        new Case(() -> new Adam(RATE, 0.99, 1 - 1e-7, 1e-8), adam(0.99, 1 - 1e-7, 1e-8, 0)));
    CASES.put("AdamW", new Case(() -> Adam.withDecay(rate, 0.01), adam(0.9, 0.999, 1e-8, 0.01)));
    CASES.put("RmsProp", new Case(() -> new RmsProp(RATE), rmsProp(0.9, 1e-8, 0)));
    CASES.put(
        "RmsProp slow",
        new Case(() -> new RmsProp(rate, 0.999, 1e-10, 0.9, 0), rmsProp(0.999, 1e-10, 0.9)));
    CASES.put(
        "Adagrad",
        new Case(
            () -> new Adagrad(RATE),
            (w, g, m, t) -> {
              m[0] += g * g;
              return g / (Math.sqrt(m[0]) + 1e-10);
            }));
    CASES.put(
        "Lion",
        new Case(
            () -> new Lion(RATE),
            (w, g, m, t) -> {
              double step = Math.signum(0.9 * m[0] + (1 - 0.9) * g);
              m[0] = 0.99 * m[0] + (1 - 0.99) * g;
              return step;
            }));
    CASES.put("Sgd", new Case(() -> new Sgd(RATE), (w, g, m, t) -> g));
    CASES.put("Sgd 0.999", new Case(() -> new Sgd(RATE, 0.999), momentum(0.999, false)));
    CASES.put("Sgd Nesterov", new Case(() -> new Sgd(rate, 0.9, true, 0), momentum(0.9, true)));
  }

  private static Equations adam(double b1, double b2, double epsilon, double decay) {
    return (w, g, m, t) -> {
      m[0] = b1 * m[0] + (1 - b1) * g;
      m[1] = b2 * m[1] + (1 - b2) * g * g;
      double mean = m[0] / -Math.expm1(t * Math.log(b1));
      double square = m[1] / -Math.expm1(t * Math.log(b2));
      return mean / (Math.sqrt(square) + epsilon) + decay * w;
    };
  }

  private static Equations rmsProp(double rho, double epsilon, double mu) {
    return (w, g, m, t) -> {
      m[0] = rho * m[0] + (1 - rho) * g * g;
      m[1] = mu * m[1] + g / (Math.sqrt(m[0]) + epsilon);
      return m[1];
    };
  }

  private static Equations momentum(double mu, boolean nesterov) {
    return (w, g, m, t) -> {
      m[0] = mu * m[0] + g;
      return nesterov ? mu * m[0] + g : m[0];
    };
  }

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
    return CASES.entrySet().stream()
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

  private static void follows(Case c, DType dtype, boolean masters) {
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
    double[][] moments = new double[g.length][2];
    Arrays.fill(want, 1);
    boolean rounds = dtype != DType.F32 && !masters;
    for (int t = 1; t <= 50; t++) {
      step.apply(gradient);
      for (int i = 0; i < g.length; i++) {
        want[i] -= RATE * c.equations().step(want[i], g[i], moments[i], t);
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
      Case wrong = new Case(() -> new Adam(RATE), adam(0.9, b2, epsilon, 0));
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
        if (Files.readString(f).contains("extends Optimizer {")) {
          found.add(f.getFileName().toString().replace(".java", ""));
        }
      }
    }
    Set<String> tried =
        CASES.values().stream()
            .map(c -> c.make().get().getClass().getSimpleName())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(found, tried);
  }

  @TestFactory
  Stream<DynamicTest> theyLearnTheSquare() {
    return Stream.of("Adam", "AdamW", "RmsProp", "Adagrad", "Lion", "Sgd", "Sgd Nesterov")
        .flatMap(
            name ->
                TYPES.stream()
                    .map(
                        t ->
                            DynamicTest.dynamicTest(
                                name + " " + t, () -> learns(CASES.get(name), t))));
  }

  private static void learns(Case c, DType dtype) {
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
      for (Map.Entry<String, Case> e : CASES.entrySet()) {
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
    Optimizer wide = new Adam(RATE);
    wide.registerWithMasters(new States(Map.of("w", weight(DType.F32, 2))));
    assertFalse(wide.states().paths().contains("masters.w"), "f32 is its own master");
  }
}
