package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.random.ExactMath;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import org.apache.commons.math3.distribution.BetaDistribution;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.distribution.CauchyDistribution;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;
import org.apache.commons.math3.distribution.IntegerDistribution;
import org.apache.commons.math3.distribution.LaplaceDistribution;
import org.apache.commons.math3.distribution.LogNormalDistribution;
import org.apache.commons.math3.distribution.LogisticDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.ParetoDistribution;
import org.apache.commons.math3.distribution.PoissonDistribution;
import org.apache.commons.math3.distribution.RealDistribution;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.distribution.UniformRealDistribution;
import org.apache.commons.math3.distribution.WeibullDistribution;
import org.apache.commons.math3.special.Gamma;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

class RandomDistributionsTest {
  private static final int N = 4000;
  private static final Shape MANY = Shape.of(N);
  private static final List<DType> TYPES = List.of(DType.F32, DType.F64);
  private static final List<String> BACKENDS = List.of("loops", "cpu");

  private static Tensor full(DType dtype, double value, int... dims) {
    return HostTensor.full(TensorType.of(dtype, dims), value);
  }

  private static Tensor some(DType dtype, IntToDoubleFunction value, int n) {
    double[] x = new double[n];
    Arrays.setAll(x, value);
    return HostTensor.of(x, n).cast(dtype);
  }

  /** Each distribution with parameters of all sizes, of twelve elements in the parameters. */
  private static Map<String, Fn1<RandomKey, Tensor>> all(DType dtype) {
    Shape shape = Shape.of(12);
    Tensor any = some(dtype, i -> Math.pow(4, i - 4), 12);
    Tensor p = some(dtype, i -> i / 11.0, 12);
    Tensor n =
        HostTensor.of(new int[] {0, 1, 7, 50, 200, 1000, 9, 10, 100000, 40, 3, 2_000_000}, 12);
    Tensor rates = some(dtype, i -> i == 0 ? 0 : Math.pow(6, i - 5), 12);
    Map<String, Fn1<RandomKey, Tensor>> all = new LinkedHashMap<>();
    all.put("laplace", k -> RandomTensors.laplace(k, shape, dtype));
    all.put("logistic", k -> RandomTensors.logistic(k, shape, dtype));
    all.put("cauchy", k -> RandomTensors.cauchy(k, shape, dtype));
    all.put("rayleigh", k -> RandomTensors.rayleigh(k, shape, dtype));
    all.put("logNormal", k -> RandomTensors.logNormal(k, any.mul(1e-3)));
    all.put("weibull", k -> RandomTensors.weibull(k, any.add(0.1)));
    all.put("pareto", k -> RandomTensors.pareto(k, any.add(0.5)));
    all.put("chiSquare", k -> RandomTensors.chiSquare(k, any));
    all.put("studentT", k -> RandomTensors.studentT(k, any.add(0.5)));
    all.put("beta", k -> RandomTensors.beta(k, any, any.reverse(0)));
    all.put("dirichlet", k -> RandomTensors.dirichlet(k, any.reshape(4, 3)));
    all.put("poisson", k -> RandomTensors.poisson(k, rates));
    all.put("binomial", k -> RandomTensors.binomial(k, n, p));
    all.put("multinomial", k -> RandomTensors.multinomial(k, n.slice(0, 3, 6), p.reshape(3, 4)));
    all.put("choice", k -> RandomTensors.choice(k, 12, 5, true));
    all.put("choice of each once", k -> RandomTensors.choice(k, 12, 5, false));
    all.put("choice by p", k -> RandomTensors.choice(k, p, 30, true));
    all.put("choice by p of each once", k -> RandomTensors.choice(k, p, 11, false));
    all.put("orthogonal", k -> RandomTensors.orthogonal(k, 5, dtype));
    return all;
  }

  @Test
  void everyBackendGivesTheSameBits() {
    for (DType dtype : TYPES) {
      all(dtype)
          .forEach(
              (name, f) -> {
                HostTensor want = f.apply(RandomKey.of(3)).host();
                assertEquals(
                    1, want.cast(DType.F64).isFinite().all().host().item(), name + " " + want);
                for (String backend : BACKENDS) {
                  Tensor got = Engram.jit(new Compiler(backend), f).apply(RandomKey.of(3));
                  assertTrue(
                      want.sameBits(got.host()),
                      name + " " + dtype + " " + backend + "\n" + want + "\n" + got);
                }
                HostTensor other = f.apply(RandomKey.of(4)).host();
                assertTrue(!want.sameBits(other), "the control: " + name);
              });
    }
  }

  @Test
  void aBatchOfKeysIsALoop() {
    RandomKey stack = RandomKey.of(6).splitStack(3);
    List<RandomKey> keys = RandomKey.of(6).split(3);
    all(DType.F32)
        .forEach(
            (name, f) -> {
              Tensor mapped = Engram.jit(Engram.vmap(f)).apply(stack);
              for (int i = 0; i < 3; i++) {
                HostTensor want = f.apply(keys.get(i)).host();
                assertTrue(want.sameBits(mapped.get(i).host()), name + " " + i);
              }
            });
  }

  /** Few and many expected in one batch, so that examples stop at different trials. */
  @Test
  void aBatchOfParametersIsALoop() {
    Tensor rows = HostTensor.of(new double[][] {{0.1, 0.5}, {3, 12}, {200, 0}, {11, 9}});
    Tensor n = HostTensor.of(new int[] {0, 7, 300, 5000}, 4);
    RandomKey stack = RandomKey.of(8).splitStack(4);
    List<RandomKey> keys = RandomKey.of(8).split(4);
    Map<String, Fn3<RandomKey, Tensor, Tensor, Tensor>> all =
        Map.of(
            "poisson", (k, x, m) -> RandomTensors.poisson(k, x),
            "binomial", (k, x, m) -> RandomTensors.binomial(k, m.broadcastTo(2), x.div(x.add(1))),
            "multinomial", (k, x, m) -> RandomTensors.multinomial(k, m, x),
            "dirichlet", (k, x, m) -> RandomTensors.dirichlet(k, x.add(0.01)),
            "choice", (k, x, m) -> RandomTensors.choice(k, x, 9, true));
    all.forEach(
        (name, f) -> {
          Tensor mapped = Engram.jit(Engram.vmap(f)).apply(stack, rows, n);
          for (int i = 0; i < 4; i++) {
            HostTensor want = f.apply(keys.get(i), rows.get(i), n.get(i)).host();
            assertTrue(want.sameBits(mapped.get(i).host()), name + " " + i);
          }
        });
  }

  /** A p-value proves nothing, but that of a wrong distribution is near 0: see the controls. */
  private static void follows(RealDistribution d, RealDistribution wrong, Tensor sample) {
    KolmogorovSmirnovTest test = new KolmogorovSmirnovTest();
    double[] x = sample.host().toDoubles();
    assertEquals(N, x.length);
    double p = test.kolmogorovSmirnovTest(d, x);
    assertTrue(p > 0.01, d.getClass().getSimpleName() + " " + p);
    assertTrue(test.kolmogorovSmirnovTest(wrong, x) < 0.01, "the control of " + d.getClass());
  }

  @Test
  void realNumbersFollowTheirDistributions() {
    for (DType t : TYPES) {
      follows(
          new LaplaceDistribution(0, 1),
          new LaplaceDistribution(0.1, 1),
          RandomTensors.laplace(RandomKey.of(1), MANY, t));
      follows(
          new LogisticDistribution(0, 1),
          new LogisticDistribution(0, 1.2),
          RandomTensors.logistic(RandomKey.of(32), MANY, t));
      follows(
          new CauchyDistribution(0, 1),
          new CauchyDistribution(0.1, 1),
          RandomTensors.cauchy(RandomKey.of(3), MANY, t));
      follows(
          new WeibullDistribution(2, Math.sqrt(2)),
          new WeibullDistribution(2, 1.5),
          RandomTensors.rayleigh(RandomKey.of(4), MANY, t));
      for (double s : new double[] {0.1, 1, 3}) {
        follows(
            new LogNormalDistribution(0, s),
            new LogNormalDistribution(0.1 * s, s),
            RandomTensors.logNormal(RandomKey.of(5), full(t, s, N)));
        follows(
            new WeibullDistribution(s, 1),
            new WeibullDistribution(s * 1.1, 1),
            RandomTensors.weibull(RandomKey.of(6), full(t, s, N)));
        follows(
            new ParetoDistribution(1, s),
            new ParetoDistribution(1, s * 1.1),
            RandomTensors.pareto(RandomKey.of(7), full(t, s, N)));
        follows(
            new ChiSquaredDistribution(s),
            new ChiSquaredDistribution(s * 1.2),
            RandomTensors.chiSquare(RandomKey.of(8), full(t, s, N)));
        follows(
            new TDistribution(s),
            new CauchyDistribution(0, s < 1 ? 1 : 0.8),
            RandomTensors.studentT(RandomKey.of(9), full(t, s, N)));
        follows(
            new BetaDistribution(s, 2),
            new BetaDistribution(s, 2.3),
            RandomTensors.beta(RandomKey.of(10), full(t, s, N), full(t, 2, N)));
      }
    }
  }

  /** Counts against expected ones; values with few expected ones are pooled at the ends. */
  private static void counts(IntegerDistribution d, IntegerDistribution wrong, Tensor sample) {
    long[] x = sample.host().toLongs();
    double p = chiSquare(d, x);
    assertTrue(p > 0.001, d.getClass().getSimpleName() + " " + d.getNumericalMean() + ": " + p);
    assertTrue(chiSquare(wrong, x) < 0.001, "the control of mean " + d.getNumericalMean());
  }

  private static double chiSquare(IntegerDistribution d, long[] x) {
    int cells = 20;
    int[] edges = new int[cells - 1];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = d.inverseCumulativeProbability((i + 1.0) / cells);
    }
    edges = Arrays.stream(edges).distinct().toArray();
    double[] expected = new double[edges.length + 1];
    long[] seen = new long[edges.length + 1];
    double before = 0;
    for (int i = 0; i < edges.length; i++) {
      double up = d.cumulativeProbability(edges[i]);
      expected[i] = (up - before) * x.length;
      before = up;
    }
    expected[edges.length] = (1 - before) * x.length;
    for (long v : x) {
      int cell = 0;
      while (cell < edges.length && v > edges[cell]) {
        cell++;
      }
      seen[cell]++;
    }
    if (expected[edges.length] < 1e-9) {
      assertEquals(0, seen[edges.length]);
      expected = Arrays.copyOf(expected, edges.length);
      seen = Arrays.copyOf(seen, edges.length);
    }
    return new ChiSquareTest().chiSquareTest(expected, seen);
  }

  @Test
  void countsFollowTheirDistributions() {
    int n = 6000;
    for (double rate : new double[] {0.3, 5, 9.9, 10, 40, 1e4}) {
      double off = rate + 0.2 * Math.sqrt(rate);
      counts(
          new PoissonDistribution(rate),
          new PoissonDistribution(off),
          RandomTensors.poisson(RandomKey.of(11), full(DType.F64, rate, n)));
    }
    double[][] rows = {
      {10, 0.5},
      {7, 0.1},
      {20, 0.5},
      {30, 0.9},
      {1000, 0.009},
      {1000, 0.011},
      {1000, 0.4},
      {1_000_000, 0.999},
      {1_000_000_000, 1e-8}
    };
    for (double[] r : rows) {
      int trials = (int) r[0];
      Tensor of = HostTensor.full(TensorType.of(DType.I32, n), (long) trials);
      double off = r[1] + 0.2 * Math.sqrt(r[1] * (1 - r[1]) / trials);
      counts(
          new BinomialDistribution(trials, r[1]),
          new BinomialDistribution(trials, off),
          RandomTensors.binomial(RandomKey.of(12), of, full(DType.F64, r[1], n)));
    }
  }

  @Test
  void extremeParameters() {
    int n = 1000;
    Tensor rare = RandomTensors.poisson(RandomKey.of(13), full(DType.F32, 1e-3, 20 * n));
    double sum = rare.sum().host().item();
    assertEquals(20, sum, 18, "about 20 events");
    assertEquals(
        0, RandomTensors.poisson(RandomKey.of(1), full(DType.F32, 0, n)).sum().host().item());
    Tensor most = RandomTensors.poisson(RandomKey.of(1), full(DType.F64, 1e9, n)).cast(DType.F64);
    assertEquals(1e9, most.mean().host().item(), 4 * Math.sqrt(1e9 / n));
    assertEquals(Math.sqrt(1e9), most.std().host().item(), 0.1 * Math.sqrt(1e9));
    int all = Integer.MAX_VALUE;
    Tensor many = HostTensor.full(TensorType.of(DType.I32, n), (long) all);
    Tensor none = RandomTensors.binomial(RandomKey.of(2), many, full(DType.F32, 0, n));
    Tensor every = RandomTensors.binomial(RandomKey.of(2), many, full(DType.F32, 1, n));
    assertEquals(0, none.max().host().item());
    assertEquals(all, every.min().host().item());
    Tensor half = RandomTensors.binomial(RandomKey.of(2), many, full(DType.F32, 0.5, n));
    double mean = half.cast(DType.F64).mean().host().item();
    assertEquals(all / 2.0, mean, 4 * Math.sqrt(all / 4.0 / n));
    // shapes so small that the variables themselves are below any f64
    Tensor tiny =
        RandomTensors.beta(RandomKey.of(3), full(DType.F64, 1e-5, n), full(DType.F64, 1e-5, n));
    double ones = tiny.gt(0.5).cast(DType.F64).mean().host().item();
    assertEquals(0.5, ones, 0.06);
    Tensor corners = RandomTensors.dirichlet(RandomKey.of(4), full(DType.F32, 1e-5, n, 3));
    assertArrayEquals(
        full(DType.F64, 1, n).host().toDoubles(), corners.sum(-1).host().toDoubles(), 1e-6);
    assertTrue(corners.max(-1).min().host().item() > 0.5);
  }

  @Test
  void dirichletHasItsMargins() {
    double[] alpha = {0.5, 2, 3.5};
    Tensor x = HostTensor.of(alpha, 3).broadcastTo(N, 3);
    HostTensor d = RandomTensors.dirichlet(RandomKey.of(14), x).host();
    for (int i = 0; i < 3; i++) {
      follows(
          new BetaDistribution(alpha[i], 6 - alpha[i]),
          new BetaDistribution(alpha[i] + 0.3, 6 - alpha[i]),
          d.slice(1, i, i + 1));
    }
    double[] ones = full(DType.F64, 1, N).host().toDoubles();
    assertArrayEquals(ones, d.sum(-1).host().toDoubles(), 1e-15);
  }

  @Test
  void multinomialHasItsMarginsAndItsSum() {
    int n = 10_000;
    double[] p = {0, 1, 3, 0, 4, 2, 0};
    Tensor of = HostTensor.full(TensorType.of(DType.I32, n), 30L);
    Tensor chances = HostTensor.of(p, 7).broadcastTo(n, 7);
    Tensor x = RandomTensors.multinomial(RandomKey.of(15), of, chances);
    assertTrue(x.sum(-1).eq(30).all().host().item() == 1);
    for (int i = 0; i < 7; i++) {
      Tensor column = x.slice(1, i, i + 1);
      if (p[i] == 0) {
        assertEquals(0, column.max().host().item());
      } else {
        counts(
            new BinomialDistribution(30, p[i] / 10),
            new BinomialDistribution(30, p[i] / 10 + 0.02),
            column);
      }
    }
    // covariance -n p q
    Tensor a = x.slice(1, 2, 3).cast(DType.F64).sub(9);
    Tensor b = x.slice(1, 4, 5).cast(DType.F64).sub(12);
    assertEquals(-30 * 0.3 * 0.4, a.mul(b).mean().host().item(), 0.3);
  }

  /** Chances whose sum overflows, and those next to nothing beside 0. */
  @Test
  void extremeChancesAreChances() {
    Tensor huge = HostTensor.of(new double[] {1e308, 1e308, 1e308}, 3);
    long[] drawn = RandomTensors.choice(RandomKey.of(1), huge, 64, true).host().toLongs();
    assertEquals(3, Arrays.stream(drawn).distinct().count());
    assertTrue(Arrays.stream(drawn).allMatch(i -> i >= 0 && i < 3));
    Tensor least = HostTensor.of(new double[] {4.9E-324, 0, 0}, 3);
    long[] first = RandomTensors.choice(RandomKey.of(2), least, 64, true).host().toLongs();
    assertTrue(Arrays.stream(first).allMatch(i -> i == 0));
    for (int k = 0; k < 20; k++) {
      Tensor tiny = HostTensor.of(new double[] {0, 0, 3e-309, 3e-309}, 4);
      long[] two = RandomTensors.choice(RandomKey.of(k), tiny, 2, false).host().toLongs();
      assertTrue(Arrays.stream(two).allMatch(i -> i >= 2), Arrays.toString(two));
      Tensor far = HostTensor.of(new double[] {0, 1e300, 1e-320}, 3);
      long[] both = RandomTensors.choice(RandomKey.of(k), far, 2, false).host().toLongs();
      assertArrayEquals(new long[] {1, 2}, both);
    }
    long[] counts =
        RandomTensors.multinomial(
                RandomKey.of(3),
                HostTensor.of(new int[] {1000}),
                HostTensor.of(new double[] {1e308, 1e308, 0}, 3))
            .host()
            .toLongs();
    assertTrue(counts[0] > 400 && counts[1] > 400 && counts[2] == 0, Arrays.toString(counts));
  }

  @Test
  void choicesComeWithTheirChances() {
    double[] p = {0, 1, 2, 0, 3, 0};
    Tensor chances = HostTensor.of(p, 6);
    long[] seen = new long[6];
    for (long i : RandomTensors.choice(RandomKey.of(16), chances, 6000, true).host().toLongs()) {
      seen[(int) i]++;
    }
    assertEquals(0, seen[0] + seen[3] + seen[5]);
    double[] want = {1000, 2000, 3000};
    double fit = new ChiSquareTest().chiSquareTest(want, new long[] {seen[1], seen[2], seen[4]});
    assertTrue(fit > 0.01, Arrays.toString(seen));
    // Of 1, 2, 3 without replacement: first i, then j with p_i p_j / (1 - p_i)
    Map<List<Long>, Double> pairs = new LinkedHashMap<>();
    for (int i : new int[] {1, 2, 4}) {
      for (int j : new int[] {1, 2, 4}) {
        if (i != j) {
          pairs.put(List.of((long) i, (long) j), p[i] / 6 * p[j] / (6 - p[i]));
        }
      }
    }
    Map<List<Long>, Long> found = new LinkedHashMap<>();
    int n = 6000;
    Tensor drawn =
        Engram.jit(Engram.vmap((RandomKey k) -> RandomTensors.choice(k, chances, 2, false)))
            .apply(RandomKey.of(17).splitStack(n));
    long[] flat = drawn.host().toLongs();
    for (int i = 0; i < n; i++) {
      found.merge(List.of(flat[2 * i], flat[2 * i + 1]), 1L, Long::sum);
    }
    assertEquals(pairs.keySet(), Set.copyOf(found.keySet()));
    double[] expected = pairs.values().stream().mapToDouble(x -> x * n).toArray();
    long[] counted = pairs.keySet().stream().mapToLong(found::get).toArray();
    assertTrue(new ChiSquareTest().chiSquareTest(expected, counted) > 0.01, found.toString());
    // equal chances
    long[] once = RandomTensors.choice(RandomKey.of(18), 9, 9, false).host().toLongs();
    assertEquals(9, Arrays.stream(once).distinct().count());
    long[] again = RandomTensors.choice(RandomKey.of(18), 9, 500, true).host().toLongs();
    assertEquals(36, Arrays.stream(again).distinct().sum());
  }

  @Test
  void normalVectorsHaveTheirCovariance() {
    double[][] rows = {{2, 0.6, -0.3}, {0.6, 1, 0.4}, {-0.3, 0.4, 0.5}};
    Tensor covariance = HostTensor.of(rows);
    Tensor mean = HostTensor.of(new double[] {1, -2, 3}, 3);
    int n = 20_000;
    for (Tensor c : List.of(covariance, covariance.broadcastTo(n, 3, 3))) {
      Tensor x = RandomTensors.multivariateNormal(RandomKey.of(19), mean.broadcastTo(n, 3), c);
      Tensor off = x.sub(mean);
      assertArrayEquals(new double[3], off.mean(0).host().toDoubles(), 0.05);
      double[] found = off.transpose().matmul(off).div(n).host().toDoubles();
      assertArrayEquals(covariance.host().toDoubles(), found, 0.05);
    }
    Tensor one =
        RandomTensors.multivariateNormal(
            RandomKey.of(19), mean.slice(0, 0, 1), full(DType.F64, 4, 1, 1));
    double z = RandomTensors.normal(RandomKey.of(19), Shape.of(1), DType.F64).host().getDouble(0);
    assertEquals(1 + 2 * z, one.host().getDouble(0), 1e-14);
    for (String backend : BACKENDS) {
      Fn1<RandomKey, Tensor> f = k -> RandomTensors.multivariateNormal(k, mean, covariance);
      assertArrayEquals(
          f.apply(RandomKey.of(2)).host().toDoubles(),
          Engram.jit(new Compiler(backend), f).apply(RandomKey.of(2)).host().toDoubles(),
          1e-14);
    }
  }

  @Test
  void orthogonalMatricesAreOrthogonalAndUniform() {
    Tensor q = RandomTensors.orthogonal(RandomKey.of(20), 6, DType.F64);
    double[] unit = Tensor.eye(DType.F64, 6).host().toDoubles();
    assertArrayEquals(unit, q.transpose().matmul(q).host().toDoubles(), 1e-14);
    // Without the signs of R the diagonal of Q would be of one sign. In 3 dimensions each element
    // is uniform on [-1, 1] (Archimedes).
    Tensor all =
        Engram.jit(Engram.vmap((RandomKey k) -> RandomTensors.orthogonal(k, 3, DType.F64)))
            .apply(RandomKey.of(21).splitStack(N));
    for (int i : new int[] {0, 4, 8, 5}) {
      Tensor x = all.reshape(N, 9).slice(1, i, i + 1);
      follows(new UniformRealDistribution(-1, 1), new NormalDistribution(0, 0.57), x);
    }
  }

  /** Of each draw, with its random numbers held. */
  @Test
  void derivativesAreDifferences() {
    Map<String, Fn1<Tensor, Tensor>> all =
        Map.of(
            "logNormal", s -> RandomTensors.logNormal(RandomKey.of(22), s),
            "weibull", s -> RandomTensors.weibull(RandomKey.of(23), s),
            "pareto", s -> RandomTensors.pareto(RandomKey.of(24), s),
            "laplace", s -> RandomTensors.laplace(RandomKey.of(25), Shape.of(5), DType.F64).mul(s),
            "multivariateNormal",
                s ->
                    RandomTensors.multivariateNormal(
                        RandomKey.of(26), s, s.diag(0).add(s.like(0.1))));
    Tensor s = HostTensor.of(new double[] {0.7, 1, 1.3, 2, 3.1}, 5);
    all.forEach(
        (name, f) -> {
          double[] got = Engram.grad((Tensor x) -> f.apply(x).sum()).apply(s).host().toDoubles();
          for (int i = 0; i < 5; i++) {
            double e = 1e-6;
            double slope = (moved(f, s, i, e) - moved(f, s, i, -e)) / (2 * e);
            assertEquals(slope, got[i], 1e-7 * Math.max(1, Math.abs(slope)), name + " " + i);
          }
        });
    for (Fn1<Tensor, Tensor> none :
        List.<Fn1<Tensor, Tensor>>of(
            x -> RandomTensors.chiSquare(RandomKey.of(1), x),
            x -> RandomTensors.studentT(RandomKey.of(1), x),
            x -> RandomTensors.dirichlet(RandomKey.of(1), x),
            x -> RandomTensors.poisson(RandomKey.of(1), x).cast(DType.F64),
            x -> RandomTensors.beta(RandomKey.of(1), x, x))) {
      Tensor g = Engram.grad((Tensor x) -> none.apply(x).add(x.mul(0)).sum()).apply(s);
      assertArrayEquals(new double[5], g.host().toDoubles());
    }
  }

  private static double moved(Fn1<Tensor, Tensor> f, Tensor s, int i, double by) {
    double[] x = s.host().toDoubles();
    x[i] += by;
    return f.apply(HostTensor.of(x, 5)).sum().host().item();
  }

  @Test
  void exactFunctionsAreAccurate() {
    int n = 3000;
    double[] x = new double[n];
    Arrays.setAll(x, i -> -740 + 1449.0 * i / n);
    double[] e = ExactMath.exp(HostTensor.of(x, n)).host().toDoubles();
    for (int i = 0; i < n; i++) {
      double want = Math.exp(x[i]);
      assertEquals(want, e[i], 1e-15 * want + Double.MIN_VALUE, "e^" + x[i]);
    }
    double[] ends = {Double.NEGATIVE_INFINITY, -800, 0, 800, Double.POSITIVE_INFINITY, Double.NaN};
    double[] far = {0, 0, 1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN};
    assertArrayEquals(far, ExactMath.exp(HostTensor.of(ends, 6)).host().toDoubles());
    double[] k = new double[200];
    Arrays.setAll(k, i -> i < 60 ? i : Math.floor(Math.pow(1.17, i)));
    k[199] = 0x1p31;
    double[] f = ExactMath.logFactorial(HostTensor.of(k, 200)).host().toDoubles();
    double[] w = ExactMath.logWide(HostTensor.of(k, 200).add(0.3)).host().toDoubles();
    for (int i = 0; i < 200; i++) {
      if (k[i] <= 0x1p32) {
        double want = Gamma.logGamma(k[i] + 1);
        assertEquals(want, f[i], 2e-14 * Math.max(1, want), k[i] + "!");
      }
      assertEquals(Math.log(k[i] + 0.3), w[i], 2e-15 * Math.max(1, w[i]), "ln " + k[i]);
    }
    double[] p = new double[200];
    Arrays.setAll(p, i -> i == 0 ? 0 : 0.5 * Math.pow(0.8, i));
    double[] q = ExactMath.logWithout(HostTensor.of(p, 200)).host().toDoubles();
    double[] c = ExactMath.cotQuarter(HostTensor.of(p, 200).add(1e-300)).host().toDoubles();
    for (int i = 0; i < 200; i++) {
      assertEquals(Math.log1p(-p[i]), q[i], 1e-15 * p[i], "ln (1 - " + p[i] + ")");
      double cot = 1 / Math.tan(Math.PI / 2 * (p[i] + 1e-300));
      assertEquals(cot, c[i], 1e-15 * cot * 4, "cot " + p[i]);
    }
  }

  @Test
  void badParametersAreRefused() {
    RandomKey k = RandomKey.of(0);
    Tensor x = HostTensor.of(new double[] {0.5, 0.5}, 2);
    Tensor i = HostTensor.of(new int[] {1, 2}, 2);
    List<Runnable> types =
        List.of(
            () -> RandomTensors.poisson(k, i),
            () -> RandomTensors.binomial(k, x, x),
            () -> RandomTensors.binomial(k, i.get(0), x),
            () -> RandomTensors.beta(k, x, x.get(0)),
            () -> RandomTensors.beta(k, x, x.cast(DType.F32)),
            () -> RandomTensors.dirichlet(k, x.get(0)),
            () -> RandomTensors.multinomial(k, i, x),
            () -> RandomTensors.multivariateNormal(k, x, x),
            () -> RandomTensors.choice(k, 3, 4, false),
            () -> RandomTensors.choice(k, x, 3, false),
            () -> RandomTensors.choice(k, x.get(0), 3, true),
            () -> RandomTensors.choice(k, 0, 3, true),
            () -> RandomTensors.orthogonal(k, 0, DType.F32));
    for (Runnable r : types) {
      String e = assertThrows(TypeException.class, r::run).getMessage();
      assertTrue(e.contains("expected") && e.contains("(RandomDistributionsTest.java:"), e);
    }
    double nan = Double.NaN;
    for (double bad : new double[] {-1, nan, Double.POSITIVE_INFINITY}) {
      Tensor y = HostTensor.of(new double[] {0.5, bad}, 2);
      Tensor n = i.get(0);
      List<Fn1<Tensor, Tensor>> draws =
          List.of(
              z -> RandomTensors.poisson(k, z),
              z -> RandomTensors.binomial(k, i, z),
              z -> RandomTensors.multinomial(k, n, z),
              z -> RandomTensors.logNormal(k, z),
              z -> RandomTensors.weibull(k, z),
              z -> RandomTensors.pareto(k, z),
              z -> RandomTensors.chiSquare(k, z),
              z -> RandomTensors.studentT(k, z),
              z -> RandomTensors.beta(k, x, z),
              z -> RandomTensors.beta(k, z, x),
              z -> RandomTensors.dirichlet(k, z),
              z -> RandomTensors.choice(k, z, 1, true),
              z -> RandomTensors.choice(k, z, 1, false));
      for (Fn1<Tensor, Tensor> draw : draws) {
        String eager = assertThrows(RunException.class, () -> draw.apply(y)).getMessage();
        assertTrue(eager.contains("[1]") && eager.contains("RandomDistributionsTest"), eager);
        assertThrows(RunException.class, () -> Engram.jit(draw).apply(y));
      }
    }
    Tensor zero = x.mul(0);
    assertThrows(RunException.class, () -> RandomTensors.multinomial(k, i.get(0), zero));
    assertThrows(RunException.class, () -> RandomTensors.choice(k, zero, 1, true));
    Tensor single = HostTensor.of(new double[] {0.5, 0}, 2);
    assertThrows(RunException.class, () -> RandomTensors.choice(k, single, 2, false));
    assertThrows(RunException.class, () -> RandomTensors.binomial(k, i.neg(), x));
    assertThrows(RunException.class, () -> RandomTensors.poisson(k, x.add(1e10)));
  }
}
