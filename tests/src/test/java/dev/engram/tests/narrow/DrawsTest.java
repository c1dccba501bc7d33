package dev.engram.tests.narrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Dropout;
import dev.engram.nn.Initializer;
import dev.engram.spiking.Encoders;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** 16-bit random numbers have the right distribution, with fixed keys. */
class DrawsTest {
  private static final int N = 400_000;
  private static final Shape MANY = Shape.of(N);

  /** Returns the deviation of a count from {@code p n} expected events, in standard deviations. */
  private static double z(double count, double n, double p) {
    double deviation = Math.sqrt(n * p * (1 - p));
    return count == n * p ? 0 : (count - n * p) / deviation;
  }

  private static double count(Tensor hits) {
    return hits.cast(DType.F64).sum().host().item();
  }

  private static Tensor full(DType dtype, double p, Shape shape) {
    return HostTensor.full(new TensorType(dtype, shape), p);
  }

  @Test
  void eventsComeWithTheirProbability() {
    for (DType dtype : List.of(DType.F16, DType.BF16, DType.F32)) {
      for (double wanted : new double[] {1e-4, 0.001, 0.01, 0.3, 0.9, 0.999}) {
        double p = full(dtype, wanted, Shape.of()).host().item();
        String what = dtype + " " + wanted;
        Tensor hits = RandomTensors.bernoulli(RandomKey.of(7), full(dtype, wanted, MANY));
        assertTrue(Math.abs(z(count(hits), N, p)) < 4, "bernoulli " + what);
        Tensor spikes =
            Encoders.poisson(RandomKey.of(8), full(dtype, wanted, Shape.of(1000)), N / 1000);
        assertEquals(dtype, spikes.dtype());
        assertTrue(Math.abs(z(count(spikes), N, p)) < 4, "poisson " + what);
      }
    }
  }

  /** Control: a uniform number with only the type's own digits has too many rare events. */
  @Test
  void fewDigitsAreFound() {
    Map<DType, Double> off = new TreeMap<>();
    for (DType dtype : Narrow.TYPES) {
      Tensor p = full(dtype, 0.001, MANY);
      Tensor hits = RandomTensors.uniform(RandomKey.of(7), MANY, dtype).lt(p);
      off.put(dtype, z(count(hits), N, p.host().getDouble(0)));
    }
    assertTrue(off.get(DType.F16) > 6 && off.get(DType.BF16) > 50, off.toString());
  }

  /** 16-bit logits: each class in proportion to e^logit; ties would favour the first. */
  @Test
  void classesComeWithTheirProbability() {
    for (DType dtype : Narrow.TYPES) {
      HostTensor logits = Narrow.of(dtype, Shape.of(8), i -> -6 + i * 0.5);
      double[] p = logits.cast(DType.F64).softmax(0).host().toDoubles();
      Tensor wide = logits.broadcastTo(N / 8, 8);
      double[] seen = new double[8];
      for (long c :
          Engram.jit((Tensor x) -> RandomTensors.categorical(RandomKey.of(9), x, 1))
              .apply(wide)
              .host()
              .toLongs()) {
        seen[(int) c]++;
      }
      for (int i = 0; i < 8; i++) {
        double off = z(seen[i], N / 8.0, p[i]);
        assertTrue(Math.abs(off) < 4, dtype + " class " + i + " is off by " + off);
      }
      // control: with noise of 16 bits added in 16 bits, the first of equal logits wins too often
      Tensor equal = full(dtype, 1000, Shape.of(N / 8, 8));
      Tensor noise = RandomTensors.gumbel(RandomKey.of(9), equal.shape(), dtype);
      double firsts = count(equal.add(noise).argMax(1).eq(0));
      double right = count(RandomTensors.categorical(RandomKey.of(9), equal, 1).eq(0));
      assertTrue(Math.abs(z(right, N / 8.0, 0.125)) < 4, dtype + " " + right);
      assertTrue(z(firsts, N / 8.0, 0.125) > 4, dtype + " " + firsts);
    }
  }

  /** A 16-bit draw is that of f32, or of f64, rounded once. */
  @Test
  void drawsAreThoseOfMoreDigitsRounded() {
    Map<String, Initializer> all =
        Map.ofEntries(
            Map.entry("uniform(low, high)", (k, s, t) -> RandomTensors.uniform(k, s, t, -1e-3, 3)),
            Map.entry("normal", RandomTensors::normal),
            Map.entry("truncatedNormal", RandomTensors::truncatedNormal),
            Map.entry("exponential", RandomTensors::exponential),
            Map.entry("gumbel", RandomTensors::gumbel),
            Map.entry("laplace", RandomTensors::laplace),
            Map.entry("logistic", RandomTensors::logistic),
            Map.entry("cauchy", RandomTensors::cauchy),
            Map.entry("rayleigh", RandomTensors::rayleigh),
            Map.entry(
                "a rotation", (k, s, t) -> RandomTensors.orthogonal(k, 40, t).slice(1, 0, 30)),
            Map.entry("zeros", Initializer.zeros()),
            Map.entry("ones", Initializer.ones()),
            Map.entry("constant", Initializer.constant(0.3)),
            Map.entry("uniform", Initializer.uniform(-0.1, 0.3)),
            Map.entry("scaled normal", Initializer.normal(0.3)),
            Map.entry("scaled truncatedNormal", Initializer.truncatedNormal(0.3)),
            Map.entry("glorotUniform", Initializer.glorotUniform()),
            Map.entry("glorotNormal", Initializer.glorotNormal()),
            Map.entry("heUniform", Initializer.heUniform()),
            Map.entry("heNormal", Initializer.heNormal()),
            Map.entry("lecunUniform", Initializer.lecunUniform()),
            Map.entry("lecunNormal", Initializer.lecunNormal()),
            Map.entry("orthogonal", Initializer.orthogonal(0.7)),
            Map.entry("scaledNormal", Initializer.scaledNormal(f -> 1 / f.in())),
            Map.entry("scaledUniform", Initializer.scaledUniform(f -> 1 / f.in())));
    Set<String> named =
        Arrays.stream(Initializer.class.getDeclaredMethods())
            .filter(m -> Modifier.isStatic(m.getModifiers()) && Modifier.isPublic(m.getModifiers()))
            .map(m -> m.getName())
            .collect(Collectors.toCollection(TreeSet::new));
    named.removeIf(
        n -> all.containsKey(n) || all.containsKey("scaled " + n) || n.startsWith("lambda"));
    assertEquals(Set.of(), named, "initializers that no row tries");
    Shape shape = Shape.of(40, 30);
    all.forEach(
        (name, draw) -> {
          HostTensor want = draw.make(RandomKey.of(3), shape, DType.F32).host();
          for (DType dtype : Narrow.TYPES) {
            HostTensor got = draw.make(RandomKey.of(3), shape, dtype).host();
            assertEquals(dtype, got.dtype(), name);
            for (int i = 0; i < shape.size(); i++) {
              double w = want.getDouble(i);
              // a uniform number that would round up to the upper end is the number below it
              double end = name.contains("niform") ? Narrow.ulp(dtype, w) : 0;
              boolean near = Narrow.near(dtype, got.getDouble(i), w, end);
              assertTrue(near, name + " in " + dtype + ": " + got.getDouble(i) + " for " + w);
            }
          }
        });
  }

  /** Every public draw is tested here or by the test that is named. */
  @Test
  void everyDrawIsTried() {
    Set<String> others =
        Set.of(
            "uniform",
            "normal",
            "truncatedNormal",
            "exponential",
            "gumbel",
            "laplace",
            "logistic",
            "cauchy",
            "rayleigh",
            "orthogonal",
            "bernoulli",
            "categorical",
            "permutation", // of integers
            "integers");
    Set<String> known = new TreeSet<>(OF_PARAMETERS.keySet());
    known.addAll(others);
    Set<String> found =
        Arrays.stream(RandomTensors.class.getDeclaredMethods())
            .filter(m -> Modifier.isPublic(m.getModifiers()))
            .map(m -> m.getName())
            .collect(Collectors.toSet());
    assertEquals(known, found);
  }

  private static final Map<String, Fn2<RandomKey, Tensor, Tensor>> OF_PARAMETERS =
      Map.ofEntries(
          Map.entry("gamma", RandomTensors::gamma),
          Map.entry("logNormal", RandomTensors::logNormal),
          Map.entry("weibull", RandomTensors::weibull),
          Map.entry("pareto", RandomTensors::pareto),
          Map.entry("chiSquare", RandomTensors::chiSquare),
          Map.entry("studentT", RandomTensors::studentT),
          Map.entry("beta", (k, a) -> RandomTensors.beta(k, a, a.reverse(0))),
          Map.entry("dirichlet", (k, a) -> RandomTensors.dirichlet(k, a.reshape(500, 4))),
          Map.entry("poisson", RandomTensors::poisson),
          Map.entry("binomial", (k, a) -> RandomTensors.binomial(k, nine(2000), a.mul(0x1p-4))),
          Map.entry(
              "multinomial", (k, a) -> RandomTensors.multinomial(k, nine(500), a.reshape(500, 4))),
          Map.entry("choice", (k, a) -> RandomTensors.choice(k, a, 700, true)),
          Map.entry(
              "multivariateNormal",
              (k, a) -> {
                Tensor unit = Tensor.eye(a.dtype(), 4).add(0.5);
                return RandomTensors.multivariateNormal(k, a.reshape(500, 4), unit);
              }));

  private static Tensor nine(int n) {
    return HostTensor.full(TensorType.of(DType.I32, n), 9);
  }

  @Test
  void drawsOfNarrowParametersAreThoseOfWideOnes() {
    OF_PARAMETERS.forEach(
        (name, draw) -> {
          // its normal numbers are of the type to compute in
          DType wide = name.equals("multivariateNormal") ? DType.F32 : DType.F64;
          for (DType dtype : Narrow.TYPES) {
            HostTensor alpha = Narrow.of(dtype, Shape.of(2000), i -> 0.25 + i % 9);
            HostTensor got = draw.apply(RandomKey.of(4), alpha).host();
            HostTensor want = draw.apply(RandomKey.of(4), alpha.cast(wide)).host();
            assertEquals(want.dtype() == wide ? dtype : want.dtype(), got.dtype(), name);
            for (int i = 0; i < want.type().size(); i++) {
              double w = want.getDouble(i);
              boolean near = Narrow.near(dtype, got.getDouble(i), w, 0);
              assertTrue(near, name + " of " + dtype + " " + got.getDouble(i) + " " + w);
            }
          }
        });
  }

  /** The mean of dropout's result is that of its input, although 1/kept is not a 16-bit number. */
  @Test
  void dropoutKeepsTheMean() {
    for (DType dtype : Narrow.TYPES) {
      Tensor x = full(dtype, 3, MANY);
      HostTensor y = Dropout.drop(x, 0.1, RandomKey.of(5)).host();
      double kept = y.max().host().item();
      assertTrue(Narrow.near(dtype, kept, 3 / 0.9, 0), dtype + " " + kept);
      double off = z(count(y.gt(0)), N, 0.9);
      assertTrue(Math.abs(off) < 4, dtype + " " + off);
    }
  }
}
