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
import dev.engram.optim.Accumulation;
import dev.engram.optim.AdaBelief;
import dev.engram.optim.AdaDelta;
import dev.engram.optim.Adafactor;
import dev.engram.optim.Adagrad;
import dev.engram.optim.Adam;
import dev.engram.optim.Adamax;
import dev.engram.optim.AmsGrad;
import dev.engram.optim.Fromage;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.Lamb;
import dev.engram.optim.Lars;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Lion;
import dev.engram.optim.Lookahead;
import dev.engram.optim.NAdam;
import dev.engram.optim.NovoGrad;
import dev.engram.optim.Optimizer;
import dev.engram.optim.ParameterGroups;
import dev.engram.optim.Plateau;
import dev.engram.optim.RAdam;
import dev.engram.optim.RmsProp;
import dev.engram.optim.Rprop;
import dev.engram.optim.Sgd;
import dev.engram.optim.SignSgd;
import dev.engram.optim.Sm3;
import dev.engram.optim.Updater;
import dev.engram.optim.WeightAverage;
import dev.engram.optim.Yogi;
import dev.engram.tests.Everywhere;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
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
  private static final LearningRate RATE = LearningRate.exponential(0.1, 0.5, 10);
  private static final LearningRate SAME = LearningRate.constant(0.1);
  private static final Safetensors VECTORS = vectors();

  /** Makes what updates weights. */
  private interface Case extends Function<States, Updater> {}

  private static final Map<String, Case> CASES = cases();

  private static Safetensors vectors() {
    try {
      var url = OptaxTest.class.getResource("/jax/optimizers.safetensors");
      return Safetensors.read(Path.of(Objects.requireNonNull(url).toURI()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static HostTensor get(String name) {
    return VECTORS.entry(name).tensor();
  }

  private static Case registered(Supplier<Optimizer> make) {
    return weights -> {
      Optimizer o = make.get();
      o.register(weights);
      return o;
    };
  }

  private static Optimizer adam() {
    return new Adam(0.1, 0.8, 0.95, 1e-6);
  }

  private static Map<String, Case> cases() {
    Map<String, Supplier<Optimizer>> all = new LinkedHashMap<>();
    all.put("sgd", () -> new Sgd(0.1));
    all.put("sgd_nesterov", () -> new Sgd(SAME, 0.9, true, 0));
    all.put("adam", () -> new Adam(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("adamw", () -> new Adam(RATE, 0.9, 0.99, 1e-8, 0.1));
    all.put("adagrad", () -> new Adagrad(RATE, 0.1, 1e-30, 0));
    all.put("lion", () -> new Lion(RATE, 0.8, 0.95, 0.1));
    all.put("rmsprop", () -> new RmsProp(RATE, 0.8, 1e-6, 0, 0));
    all.put("rmsprop_momentum", () -> new RmsProp(SAME, 0.8, 1e-6, 0.7, 0));
    all.put("rmsprop_centered", () -> RmsProp.centered(SAME, 0.8, 1e-3, 0.7, 0));
    all.put("nadam", () -> new NAdam(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("amsgrad", () -> new AmsGrad(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("adabelief", () -> new AdaBelief(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("yogi", () -> new Yogi(RATE, 0.8, 0.95, 1e-3, 0));
    all.put("adamax", () -> new Adamax(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("radam", () -> new RAdam(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("radam_never", () -> new RAdam(RATE, 0.8, 0.6, 1e-6, 0));
    all.put("adadelta", () -> new AdaDelta(LearningRate.constant(0.5), 0.8, 1e-4, 0));
    all.put("lamb", () -> new Lamb(RATE, 0.8, 0.95, 1e-6, 0.1));
    all.put("lars", () -> new Lars(SAME, 0.8, 0.02, 0.1));
    all.put("fromage", () -> new Fromage(RATE));
    all.put("sign", () -> new SignSgd(RATE, 0, 0));
    all.put("novograd", () -> new NovoGrad(RATE, 0.8, 0.6, 1e-6, 0.1));
    all.put("sm3", () -> new Sm3(SAME, 0.7, 1e-8, 0));
    all.put("rprop", () -> new Rprop(0.05, 0.6, 1.3, 0.02, 0.2));
    all.put("adafactor", () -> new Adafactor(RATE, 2, 0.8, 1, 0, 1e-30, 0));
    all.put("adafactor_momentum", () -> new Adafactor(SAME, 4, 0.6, 0.7, 0.8, 1e-30, 0));
    Map<String, Case> out = new LinkedHashMap<>();
    all.forEach((name, make) -> out.put(name, registered(make)));
    out.put(
        "accumulation",
        weights -> new Accumulation(registered(OptaxTest::adam).apply(weights), weights, 4));
    out.put(
        "lookahead",
        weights -> new Lookahead(registered(OptaxTest::adam).apply(weights), weights, 4, 0.6));
    out.put(
        "groups",
        weights ->
            ParameterGroups.of(
                weights,
                ParameterGroups.rest(new Sgd(0.1, 0.9)),
                ParameterGroups.group(path -> path.equals("w"), adam())));
    return out;
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
  private static Map<String, List<HostTensor>> run(String compiler, DType dtype, Case c) {
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

  /** Those without elementary functions: their operations are rounded alike everywhere. */
  private static Map<String, Case> exact() {
    Map<String, Supplier<Optimizer>> more = new LinkedHashMap<>();
    more.put("adagrad", () -> new Adagrad(SAME, 0.1, 1e-6, 0.1));
    more.put("lion", () -> new Lion(SAME, 0.8, 0.95, 0.1));
    more.put("sign", () -> new SignSgd(SAME, 0.9, 0.1));
    more.put("novograd", () -> new NovoGrad(SAME, 0.8, 0.6, 1e-6, 0.1));
    more.put("fromage", () -> new Fromage(SAME));
    Map<String, Case> all = new LinkedHashMap<>();
    for (String name :
        List.of(
            "sgd",
            "sgd_nesterov",
            "rmsprop_momentum",
            "rmsprop_centered",
            "adadelta",
            "lars",
            "sm3",
            "rprop")) {
      all.put(name, CASES.get(name));
    }
    more.forEach((name, make) -> all.put(name, registered(make)));
    return all;
  }

  @Test
  void backendsAgreeToTheBit() {
    exact()
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
    Case wrong = registered(() -> new RAdam(RATE, 0.8, 0.95001, 1e-6, 0));
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

  private static Map<String, LearningRate> schedules() {
    Map<String, LearningRate> all = new TreeMap<>();
    LearningRate falls = LearningRate.exponential(0.3, 0.5, 5);
    all.put("step", LearningRate.step(0.3, 0.5, 5));
    all.put("exponential", falls);
    all.put("cosine", LearningRate.cosine(0.3, 0.03, 20));
    all.put("linear", LearningRate.linear(0.1, 0.5, 20));
    all.put("warmup", LearningRate.warmup(6, LearningRate.cosine(0.3, 0.03, 20)));
    all.put("in_turn", LearningRate.inTurn(LearningRate.constant(0.2), 7, falls));
    all.put("polynomial", LearningRate.polynomial(0.3, 0.05, 2.5, 20));
    all.put("piecewise", LearningRate.piecewise(new double[] {0.4, 0.2, 0.05, 0.1}, 5, 12, 20));
    double[] cycle = {0.4 / 25, 0.4, 0.4 / 25, 0.4 / 25e4};
    all.put("interpolated", LearningRate.interpolated(cycle, 9, 25, 30));
    all.put("one_cycle", LearningRate.oneCycle(0.4, 30));
    all.put("restarts", LearningRate.cosineRestarts(0.4, 0.04, 5, 2));
    all.put("equal_restarts", LearningRate.cosineRestarts(0.4, 0.04, 7, 1));
    return all;
  }

  @Test
  void schedulesAreThoseOfOptax() {
    schedules()
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
        VECTORS.entries().stream()
            .map(Safetensors.Entry::name)
            .filter(n -> n.startsWith("schedule.") || n.endsWith(".w"))
            .map(n -> n.replace("schedule.", "").replaceFirst("\\.w$", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> here = new TreeSet<>(CASES.keySet());
    here.addAll(schedules().keySet());
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
