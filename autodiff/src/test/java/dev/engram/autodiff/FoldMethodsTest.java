package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;
import static dev.engram.autodiff.Oracle.graph;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.StatUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Folds that are composed of others: their values, and all their derivatives. */
class FoldMethodsTest {
  private record Running(String name, Ordered fold, DoubleBinaryOperator step) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Ordered {
    Tensor apply(Tensor x, int axis, boolean reverse);
  }

  static Stream<Running> running() {
    return Stream.of(
        new Running("cumSum", Tensor::cumSum, Double::sum),
        new Running("cumProd", Tensor::cumProd, (a, b) -> a * b),
        new Running("cumMax", Tensor::cumMax, Math::max),
        new Running("cumMin", Tensor::cumMin, Math::min),
        new Running(
            "cumLogSumExp", Tensor::cumLogSumExp, (a, b) -> Math.log(Math.exp(a) + Math.exp(b))));
  }

  @ParameterizedTest
  @MethodSource("running")
  void runningFoldsAreLoops(Running f) {
    SplittableRandom random = new SplittableRandom(5);
    for (int n = 0; n <= 20; n++) {
      for (boolean reverse : new boolean[] {false, true}) {
        HostTensor x = Oracle.random(random, f64(2, n, 3), -1, 1);
        HostTensor y = f.fold.apply(x, -2, reverse).host();
        assertEquals(x.type(), y.type());
        for (int row = 0; row < 6; row++) {
          double total = 0;
          for (int i = 0; i < n; i++) {
            int at = ((row / 3) * n + (reverse ? n - 1 - i : i)) * 3 + row % 3;
            total = i == 0 ? x.getDouble(at) : f.step.applyAsDouble(total, x.getDouble(at));
            assertEquals(total, y.getDouble(at), 1e-13, f + " " + n + " " + reverse);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("running")
  void runningFoldsHaveDerivatives(Running f) {
    for (int n : new int[] {1, 2, 5, 8}) {
      for (boolean reverse : new boolean[] {false, true}) {
        String name = f + " " + n + " " + reverse;
        Trial.of(
                name,
                graph(List.of(f64(n, 2)), x -> List.of(f.fold.apply(x.get(0), 0, reverse))),
                n)
            .first()
            .second()
            .batches()
            .batchAndDifferentiate();
      }
    }
  }

  /** The derivative of a product does not divide by its factors. */
  @Test
  void productsOfZerosHaveDerivatives() {
    HostTensor x = HostTensor.of(new double[] {2, 0, 3, 0, 5}, 5);
    Trial.of("zeros", graph(List.of(f64(5)), v -> List.of(v.get(0).cumProd(0))), List.of(x))
        .first();
    Trial.of("zeros", graph(List.of(f64(5)), v -> List.of(v.get(0).prod())), List.of(x))
        .first()
        .second();
  }

  private static Map<String, UnaryOperator<Tensor>> statistics() {
    Map<String, UnaryOperator<Tensor>> m = new LinkedHashMap<>();
    m.put("mean", x -> x.mean(1));
    m.put("variance", Tensor::variance);
    m.put("variance of two axes", x -> x.variance(0, 2));
    m.put("std", x -> x.std(-1));
    m.put("norm", x -> x.norm(0, 1));
    m.put("logSumExp", x -> x.logSumExp(0, 2));
    m.put("logSumExp of all", Tensor::logSumExp);
    return m;
  }

  @Test
  void statisticsHaveDerivatives() {
    statistics()
        .forEach(
            (name, f) ->
                Trial.of(name, graph(List.of(f64(2, 3, 4)), x -> List.of(f.apply(x.get(0)))), 3)
                    .first()
                    .second()
                    .batches()
                    .batchAndDifferentiate());
  }

  @Test
  void statisticsAsInCommonsMath() {
    HostTensor x = Oracle.random(new SplittableRandom(6), f64(2, 3, 4), -2, 2);
    double[] all = x.toDoubles();
    assertEquals(StatUtils.populationVariance(all), x.variance().host().item(), 1e-14);
    double[] row = Arrays.copyOfRange(all, 4, 8);
    double[] parts = x.variance(2).host().toDoubles();
    assertEquals(StatUtils.populationVariance(row), parts[1], 1e-14);
    assertEquals(
        Math.sqrt(StatUtils.populationVariance(row)), x.std(2).get(0).get(1).host().item(), 1e-14);
    assertEquals(Math.sqrt(StatUtils.sumSq(all)), x.norm().host().item(), 1e-14);
    double sum = Arrays.stream(all).map(Math::exp).sum();
    assertEquals(Math.log(sum), x.logSumExp().host().item(), 1e-14);
    double inf = Double.POSITIVE_INFINITY;
    HostTensor ends = HostTensor.of(new double[] {-inf, -inf, 1000, 1000, inf, 1}, 3, 2);
    assertArrayEquals(
        new double[] {-inf, 1000 + Math.log(2), inf}, ends.logSumExp(1).host().toDoubles());
    assertArrayEquals(
        new double[] {-inf, -inf, 1000, 1000 + Math.log(2), inf, inf},
        ends.cumLogSumExp(1).host().toDoubles());
  }

  @Test
  void runningFoldsOfIntegersWrap() {
    HostTensor x = HostTensor.full(TensorType.of(DType.I8, 5), 50);
    assertArrayEquals(new long[] {50, 100, -106, -56, -6}, x.cumSum(0).host().toLongs());
  }
}
