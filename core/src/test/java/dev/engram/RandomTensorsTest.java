package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.random.ExactMath;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.math3.distribution.ExponentialDistribution;
import org.apache.commons.math3.distribution.GammaDistribution;
import org.apache.commons.math3.distribution.GumbelDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.RealDistribution;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

class RandomTensorsTest {
  private static final Shape MANY = Shape.of(40, 100);

  @Test
  void equalKeysGiveEqualBitsAlsoUnderJit() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      HostTensor a = RandomTensors.normal(RandomKey.of(7), MANY, dtype).host();
      HostTensor b =
          Engram.jit((RandomKey k) -> RandomTensors.normal(k, MANY, dtype))
              .apply(RandomKey.of(7))
              .host();
      assertTrue(a.sameBits(b));
      assertFalse(a.sameBits(RandomTensors.normal(RandomKey.of(8), MANY, dtype).host()));
    }
  }

  @Test
  void everyBackendGivesTheSameBits() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Fn1<RandomKey, List<Tensor>> draw =
          k ->
              List.of(
                  RandomTensors.normal(k, MANY, dtype),
                  RandomTensors.truncatedNormal(k, MANY, dtype),
                  RandomTensors.exponential(k, MANY, dtype),
                  RandomTensors.gumbel(k, MANY, dtype),
                  RandomTensors.gamma(k, HostTensor.full(new TensorType(dtype, MANY), 0.7)),
                  RandomTensors.bernoulli(k, HostTensor.full(new TensorType(dtype, MANY), 0.7)),
                  RandomTensors.categorical(k, HostTensor.full(new TensorType(dtype, MANY), 1), 1),
                  RandomTensors.permutation(k, 1000),
                  RandomTensors.uniform(k, MANY, dtype, -3, 0.1));
      List<Tensor> want = draw.apply(RandomKey.of(11));
      for (String backend : Compiler.backends()) {
        List<Tensor> got = Engram.jit(new Compiler(backend), draw).apply(RandomKey.of(11));
        for (int i = 0; i < want.size(); i++) {
          assertTrue(want.get(i).host().sameBits(got.get(i).host()), backend + " " + dtype + i);
        }
      }
    }
  }

  @Test
  void uniformStaysBelowItsUpperEnd() {
    Shape shape = Shape.of(20_000);
    for (DType dtype : List.of(DType.F16, DType.BF16, DType.F32, DType.F64)) {
      // four numbers of the type from low up to high
      double low = 1;
      double high = 2 - dtype.below(dtype.below(1));
      high = 1 + 4 * (high - 1);
      Tensor u = RandomTensors.uniform(RandomKey.of(3), shape, RoundOnce.wide(dtype));
      Tensor plain = u.mul(high - low).add(low).cast(dtype);
      Tensor x = RandomTensors.uniform(RandomKey.of(3), shape, dtype, low, high);
      assertEquals(high, plain.max().host().item(), "rounding reaches the end in " + dtype);
      assertTrue(x.max().host().item() < high, dtype + " " + x.max());
      assertEquals(low, x.min().host().item());
      HostTensor same = plain.ge(high).or(plain.eq(x)).host();
      assertTrue(same.all().host().item() == 1, "other draws are as they were");
    }
    for (double high : List.of(0.1, -0.1, 1.0, 1e-3)) {
      Tensor x = RandomTensors.uniform(RandomKey.of(4), shape, DType.F32, high - 1e-6, high);
      assertTrue(x.max().host().item() < (float) high, "" + high);
    }
  }

  @Test
  void uniformOfAnEmptyRangeIsAnError() {
    for (double high : List.of(1.0, 0.5, 1 + 1e-10, Double.NaN, Double.POSITIVE_INFINITY)) {
      String message =
          assertThrows(
                  TypeException.class,
                  () -> RandomTensors.uniform(RandomKey.of(3), MANY, DType.F32, 1, high))
              .getMessage();
      assertTrue(message.startsWith("uniform: low=1.0, high=" + high), message);
      assertTrue(message.contains("(RandomTensorsTest.java:"), message);
    }
  }

  @Test
  void logarithmAndCosineAreAccurate() {
    for (int i = 1; i <= 2000; i++) {
      double x = i % 2 == 0 ? i / 2000.0 : Math.pow(2, -i / 40.0);
      double ulp = Math.ulp(Math.max(Math.abs(Math.log(x)), 0.1));
      assertEquals(Math.log(x), ExactMath.log(x), 4 * ulp, "ln " + x);
      double turns = (i - 1) / 2000.0;
      assertEquals(Math.cos(2 * Math.PI * turns), ExactMath.cosTurns(turns), 1e-15, "" + turns);
    }
  }

  @Test
  void splitAndFoldedKeysDiffer() {
    Set<List<Long>> seen = new HashSet<>();
    RandomKey key = RandomKey.of(-3);
    seen.add(words(key));
    key.split(50).forEach(k -> seen.add(words(k)));
    for (int i = 0; i < 50; i++) {
      seen.add(words(key.foldIn(i)));
    }
    assertEquals(101, seen.size());
    assertEquals(words(key.foldIn(3)), words(key.foldIn(HostTensor.of(new int[] {3}))));
    assertNotEquals(words(RandomKey.of(1L << 32)), words(RandomKey.of(0)));
    assertThrows(TypeException.class, () -> new RandomKey(HostTensor.of(new int[] {3})));
  }

  private static List<Long> words(RandomKey k) {
    return Arrays.stream(k.words().host().toLongs()).boxed().toList();
  }

  @Test
  void numbersFollowTheirDistributions() {
    KolmogorovSmirnovTest test = new KolmogorovSmirnovTest();
    NormalDistribution normal = new NormalDistribution(0, 1);
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      double[] n = RandomTensors.normal(RandomKey.of(1), MANY, dtype).host().toDoubles();
      assertTrue(test.kolmogorovSmirnovTest(normal, n) > 0.01);
      assertTrue(
          test.kolmogorovSmirnovTest(new NormalDistribution(0, 1.2), n) < 0.01, "the control");
      double[] u = RandomTensors.uniform(RandomKey.of(2), MANY, dtype, -1, 3).host().toDoubles();
      assertTrue(Arrays.stream(u).allMatch(x -> x >= -1 && x < 3));
      double[] asNormal =
          Arrays.stream(u)
              .map(x -> normal.inverseCumulativeProbability(Math.max((x + 1) / 4, 1e-9)))
              .toArray();
      assertTrue(test.kolmogorovSmirnovTest(normal, asNormal) > 0.01);
      double[] t = RandomTensors.truncatedNormal(RandomKey.of(3), MANY, dtype).host().toDoubles();
      double inside = normal.cumulativeProbability(2) - normal.cumulativeProbability(-2);
      assertTrue(Arrays.stream(t).allMatch(x -> Math.abs(x) <= 2.00001));
      double[] widened =
          Arrays.stream(t)
              .map(
                  x ->
                      (normal.cumulativeProbability(x) - normal.cumulativeProbability(-2)) / inside)
              .map(p -> normal.inverseCumulativeProbability(Math.clamp(p, 1e-9, 1 - 1e-9)))
              .toArray();
      assertTrue(test.kolmogorovSmirnovTest(normal, widened) > 0.01);
    }
    double p =
        RandomTensors.bernoulli(RandomKey.of(4), 0.3, MANY).cast(DType.F64).mean().host().item();
    assertEquals(0.3, p, 0.03);
    Tensor dice = RandomTensors.integers(RandomKey.of(5), MANY, 1, 7);
    assertEquals(1, dice.min().host().item());
    assertEquals(6, dice.max().host().item());
    assertEquals(3.5, dice.cast(DType.F64).mean().host().item(), 0.1);
  }

  /** The largest p-value is no proof, but a wrong distribution has p near 0: see the controls. */
  private static void follows(RealDistribution d, RealDistribution wrong, Tensor sample) {
    KolmogorovSmirnovTest test = new KolmogorovSmirnovTest();
    double[] x = sample.host().toDoubles();
    assertTrue(test.kolmogorovSmirnovTest(d, x) > 0.01, d.getClass().getSimpleName());
    assertTrue(test.kolmogorovSmirnovTest(wrong, x) < 0.01, "the control");
  }

  @Test
  void moreDistributions() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      follows(
          new ExponentialDistribution(1),
          new ExponentialDistribution(1.15),
          RandomTensors.exponential(RandomKey.of(21), MANY, dtype));
      follows(
          new GumbelDistribution(0, 1),
          new GumbelDistribution(0.1, 1),
          RandomTensors.gumbel(RandomKey.of(22), MANY, dtype));
      for (double alpha : new double[] {0.3, 1, 4.5}) {
        HostTensor a = HostTensor.full(new TensorType(dtype, MANY), alpha);
        follows(
            new GammaDistribution(alpha, 1),
            new GammaDistribution(alpha * 1.15, 1),
            RandomTensors.gamma(RandomKey.of(23), a));
      }
    }
  }

  private static double chiSquare(double[] expected, Tensor drawn) {
    long[] counts = new long[expected.length];
    for (long i : drawn.host().toLongs()) {
      counts[(int) i]++;
    }
    return new ChiSquareTest().chiSquareTest(expected, counts);
  }

  @Test
  void categoriesComeAsOftenAsTheyShould() {
    double[] p = {0.1, 0.2, 0.3, 0.4};
    HostTensor logits = HostTensor.of(Arrays.stream(p).map(x -> 3 + Math.log(x)).toArray(), 4);
    Tensor many = logits.broadcastTo(4000, 4);
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Tensor drawn = RandomTensors.categorical(RandomKey.of(24), many.cast(dtype), 1);
      assertTrue(chiSquare(p, drawn) > 0.01);
      assertTrue(chiSquare(new double[] {0.13, 0.17, 0.3, 0.4}, drawn) < 0.01, "the control");
    }
    double[] hits =
        RandomTensors.bernoulli(RandomKey.of(25), HostTensor.of(p, 4).broadcastTo(4000, 4))
            .cast(DType.F64)
            .mean(0)
            .host()
            .toDoubles();
    for (int i = 0; i < 4; i++) {
      assertEquals(p[i], hits[i], 0.03);
    }
  }

  @Test
  void everyNumberComesOnceAndAnywhere() {
    double[] even = new double[10];
    Arrays.fill(even, 1);
    long[][] at = new long[10][10];
    List<RandomKey> keys = RandomKey.of(26).split(2000);
    for (RandomKey key : keys) {
      long[] order = RandomTensors.permutation(key, 10).host().toLongs();
      assertEquals(10, Arrays.stream(order).distinct().count());
      for (int i = 0; i < 10; i++) {
        at[i][(int) order[i]]++;
      }
    }
    for (long[] counts : at) {
      assertTrue(new ChiSquareTest().chiSquareTest(even, counts) > 0.001, Arrays.toString(counts));
    }
    HostTensor x = HostTensor.of(new int[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor mixed = RandomTensors.permutation(RandomKey.of(27), x, 1);
    assertEquals(
        List.of(3L, 3L, 3L),
        Arrays.stream(mixed.get(1).sub(mixed.get(0)).host().toLongs()).boxed().toList());
  }

  @Test
  void shortFloatsStayBelowOne() {
    for (DType dtype : List.of(DType.F16, DType.BF16)) {
      HostTensor u = RandomTensors.uniform(RandomKey.of(28), MANY, dtype).host();
      assertEquals(dtype, u.dtype());
      assertTrue(u.max().host().item() < 1);
      assertEquals(0.5, u.cast(DType.F64).mean().host().item(), 0.02);
      Tensor n = RandomTensors.normal(RandomKey.of(29), MANY, dtype).cast(DType.F64);
      assertEquals(1, n.std().host().item(), 0.03);
    }
  }

  @Test
  void stacksOfKeysAreMappedAndLoopedOver() {
    Shape shape = Shape.of(3);
    List<RandomKey> keys = RandomKey.of(6).split(4);
    RandomKey stack = RandomKey.of(6).splitStack(4);
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Fn1<RandomKey, Tensor> draw = k -> RandomTensors.normal(k, shape, dtype);
      Tensor mapped = Engram.jit(Engram.vmap(draw)).apply(stack);
      Tensor looped = Engram.forLoop(draw, stack);
      for (int i = 0; i < 4; i++) {
        HostTensor want = RandomTensors.normal(keys.get(i), shape, dtype).host();
        assertTrue(want.sameBits(mapped.get(i).host()));
        assertTrue(want.sameBits(looped.get(i).host()));
      }
    }
    String e =
        assertThrows(TypeException.class, () -> RandomTensors.normal(stack, shape, DType.F32))
            .getMessage();
    assertTrue(e.contains("a stack of random keys i32[4,2] is used as one key"), e);
  }
}
