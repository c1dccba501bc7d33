package dev.engram.tests.jax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Plateau;
import dev.engram.optim.RAdam;
import dev.engram.optim.Sgd;
import dev.engram.optim.Updater;
import dev.engram.optim.WeightAverage;
import dev.engram.tests.Everywhere;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Optimizers, schedules and transformations of gradients against the results of Optax in f64, which
 * {@code tests/jax/optimizers.py} writes.
 */
class OptaxTest {
  private static final double F64 = 1e-10;
  private static final double F32 = 1e-5;
  private static final List<String> WEIGHTS = List.of("w", "b");
  private static final Vectors VECTORS = Vectors.of("/jax/optimizers.safetensors");

  private static final Map<String, OptaxCases.Case> CASES = OptaxCases.cases();

  private static HostTensor get(String name) {
    return VECTORS.get(name);
  }

  static Collection<String> names() {
    return CASES.keySet();
  }

  private static States start(DType dtype) {
    Map<String, State> out = new LinkedHashMap<>();
    WEIGHTS.forEach(k -> out.put(k, State.parameter(get("start." + k).cast(dtype))));
    return new States(out);
  }

  private static Grads grads(int t, DType dtype) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    WEIGHTS.forEach(k -> out.put(k, get("grads." + k).get(t).cast(dtype)));
    return new Grads(out);
  }

  /** The weights after each update. */
  private static Map<String, List<HostTensor>> run(
      String compiler, DType dtype, OptaxCases.Case c) {
    States weights = start(dtype);
    Updater updater = c.apply(weights);
    Fn1<Grads, Grads> step =
        Engram.jit(
            new Compiler(compiler),
            g -> {
              updater.update(g);
              return g;
            });
    Map<String, List<HostTensor>> out = new TreeMap<>();
    for (int t = 0; t < get("grads.b").dim(0); t++) {
      step.apply(grads(t, dtype));
      weights
          .byPath()
          .forEach((k, s) -> out.computeIfAbsent(k, _ -> new ArrayList<>()).add(s.value().host()));
    }
    return out;
  }

  private static void close(String what, double[] want, double[] got, double tolerance) {
    assertEquals(want.length, got.length, what);
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], got[i], tolerance * (1 + Math.abs(want[i])), what + " at " + i);
    }
  }

  private static void check(String name, Map<String, List<HostTensor>> got, double tolerance) {
    for (String k : WEIGHTS) {
      for (int t = 0; t < got.get(k).size(); t++) {
        double[] want = get(name + "." + k).get(t).host().toDoubles();
        String what = name + "." + k + " after update " + (t + 1);
        close(what, want, got.get(k).get(t).toDoubles(), tolerance);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void optimizersGoWhereOptaxGoes(String name) {
    for (String compiler : Everywhere.names()) {
      check(name, run(compiler, DType.F64, CASES.get(name)), F64);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void singlesGoWhereDoublesGo(String name) {
    Map<String, List<HostTensor>> wide = run("cpu", DType.F64, CASES.get(name));
    Map<String, List<HostTensor>> narrow = run("cpu", DType.F32, CASES.get(name));
    for (String k : WEIGHTS) {
      for (int t = 0; t < wide.get(k).size(); t++) {
        double[] want = wide.get(k).get(t).toDoubles();
        close(name + " " + k + " " + t, want, narrow.get(k).get(t).toDoubles(), F32);
      }
    }
  }

  @Test
  void backendsAgreeToTheBit() {
    OptaxCases.exact()
        .forEach(
            (name, c) -> {
              for (DType dtype : List.of(DType.F64, DType.F32)) {
                assertEquals(bits(run("cpu", dtype, c)), bits(run("loops", dtype, c)), name);
              }
            });
  }

  private static List<String> bits(Map<String, List<HostTensor>> run) {
    List<String> out = new ArrayList<>();
    run.forEach((k, all) -> all.forEach(w -> out.add(k + " " + Arrays.toString(w.toDoubles()))));
    return out;
  }

  /** Powers, which the others take, may be rounded to neighbours. */
  @ParameterizedTest
  @MethodSource("names")
  void backendsAgree(String name) {
    Map<DType, Double> tolerances = Map.of(DType.F64, 1e-13, DType.F32, 5e-6);
    tolerances.forEach(
        (dtype, tolerance) -> {
          Map<String, List<HostTensor>> cpu = run("cpu", dtype, CASES.get(name));
          Map<String, List<HostTensor>> loops = run("loops", dtype, CASES.get(name));
          cpu.forEach(
              (k, all) -> {
                for (int t = 0; t < all.size(); t++) {
                  double[] want = all.get(t).toDoubles();
                  close(name + " " + k, want, loops.get(k).get(t).toDoubles(), tolerance);
                }
              });
        });
  }

  @Test
  void anotherConstantIsFound() {
    OptaxCases.Case wrong =
        OptaxCases.registered(() -> new RAdam(OptaxCases.RATE, 0.8, 0.95001, 1e-6, 0));
    Map<String, List<HostTensor>> got = run("cpu", DType.F64, wrong);
    assertThrows(AssertionError.class, () -> check("radam", got, F64));
    assertNotEquals(0, get("radam.w").getDouble(0));
  }

  @Test
  void theAverageOfWeights() {
    States weights = start(DType.F64);
    Sgd sgd = new Sgd(0.1);
    sgd.register(weights);
    WeightAverage average = WeightAverage.exponential(weights, 0.9);
    States copy = start(DType.F64);
    Fn1<Grads, Grads> step =
        Engram.jit(
            g -> {
              sgd.update(g);
              average.update();
              average.copyTo(copy);
              return g;
            });
    for (int t = 0; t < get("grads.b").dim(0); t++) {
      step.apply(grads(t, DType.F64));
      for (String k : WEIGHTS) {
        double[] want = get("average." + k).get(t).host().toDoubles();
        close("average." + k, want, copy.get(k).value().host().toDoubles(), F64);
      }
    }
  }

  @Test
  void schedulesAreThoseOfOptax() {
    OptaxCases.schedules()
        .forEach(
            (name, rate) -> {
              HostTensor want = get("schedule." + name);
              for (String compiler : Everywhere.names()) {
                Fn1<Tensor, Tensor> at = Engram.jit(new Compiler(compiler), rate::at);
                for (int t = 0; t < want.dim(0); t++) {
                  double got = at.apply(HostTensor.of(new double[] {t})).host().item();
                  double tolerance = F64 * (1 + Math.abs(want.getDouble(t)));
                  assertEquals(want.getDouble(t), got, tolerance, name + " " + compiler + " " + t);
                }
              }
            });
  }

  @Test
  void everyVectorIsUsed() {
    Set<String> inFile =
        VECTORS.file().entries().stream()
            .map(Safetensors.Entry::name)
            .filter(n -> n.startsWith("schedule.") || n.endsWith(".w"))
            .map(n -> n.replace("schedule.", "").replaceFirst("\\.w$", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> here = new TreeSet<>(CASES.keySet());
    here.addAll(OptaxCases.schedules().keySet());
    here.addAll(List.of("start", "grads", "average", "transform"));
    assertEquals(inFile, here);
  }

  /** Optax's patience is one more than that of Engram and PyTorch. */
  @Test
  void plateausAreThoseOfOptax() {
    Map<String, Plateau> all =
        Map.of(
            "eager", new Plateau(LearningRate.constant(1), 0.5, 0, 0, 1e-4, 0.01),
            "calm", new Plateau(LearningRate.constant(1), 0.5, 3, 3, 0.05, 0.01));
    HostTensor losses = get("plateau.losses");
    all.forEach(
        (name, rate) -> {
          Fn1<Tensor, Tensor> step =
              Engram.jit(
                  loss -> {
                    rate.observe(loss);
                    return rate.at(loss.like(0));
                  });
          double[] got = new double[losses.dim(0)];
          for (int t = 0; t < got.length; t++) {
            got[t] = step.apply(losses.get(t)).host().item();
          }
          close(name, get("plateau." + name).toDoubles(), got, F64);
          assertTrue(got[got.length - 1] < 0.6, name + " was reduced");
        });
  }

  @Test
  void transformsAreThoseOfOptax() {
    Grads g = new Grads(Map.of("g", get("transform.g"), "k", get("transform.k")));
    States weights =
        new States(
            Map.of(
                "g", State.parameter(get("transform.w")),
                "k", State.parameter(get("transform.kw"))));
    Map<String, Grads> all =
        Map.of(
            "adaptive", GradientTransforms.clipAdaptively(g, weights, 0.5, 1e-3),
            "norm", GradientTransforms.clipByNorm(g, 1.5));
    all.forEach(
        (name, out) ->
            out.byPath()
                .forEach(
                    (path, x) -> {
                      String at = "transform." + name + "." + path;
                      close(at, get(at).toDoubles(), x.host().toDoubles(), F64);
                    }));
    Tensor central = GradientTransforms.centralize(g).get("k");
    String at = "transform.centralize.k";
    close(at, get(at).toDoubles(), central.host().toDoubles(), F64);
  }
}
