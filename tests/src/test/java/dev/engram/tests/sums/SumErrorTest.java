package dev.engram.tests.sums;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compiled sums of positive terms against sums in f64 (in twice that for f64): the error does not
 * grow with the number of terms.
 */
class SumErrorTest {
  /** Bounds on the relative error of an f32 sum, and of one whose terms are products. */
  private static final double SUM = 2e-6;

  private static final double PRODUCT = 3e-6;

  /** The factor between the precisions of f32, with 24 bits, and f64, with 53. */
  private static final double WIDE = 0x1p-29;

  /**
   * A function that computes sums.
   *
   * @param width results of {@code f}; each sums {@code n} elements
   * @param place where the terms of each sum are in the vector of {@code width·n} elements
   * @param degree 1 for Σ x, 2 for Σ x²
   * @param mean of the terms instead
   */
  record Sum(
      String name, int width, Place place, UnaryOperator<Tensor> f, int degree, boolean mean) {

    /** The position of term r of sum j of n terms. */
    @FunctionalInterface
    interface Place {
      long of(long j, long r, long n);
    }

    static Sum across(String name, int width, UnaryOperator<Tensor> f, int degree) {
      return new Sum(name, width, (j, r, n) -> r * width + j, f, degree, false);
    }

    static Sum along(String name, int width, UnaryOperator<Tensor> f, int degree) {
      return new Sum(name, width, (j, r, n) -> j * n + r, f, degree, false);
    }

    Sum asMean() {
      return new Sum(name, width, place, f, degree, true);
    }

    double tolerance() {
      return degree == 1 && !name.contains("matrix") ? SUM : PRODUCT;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Tensor ones(Tensor x, int... dims) {
    return HostTensor.full(TensorType.of(x.dtype(), dims), 1);
  }

  private static Tensor rows(Tensor x, int n) {
    return x.reshape(n, x.dim(0) / n);
  }

  private static Tensor columns(Tensor x, int n) {
    return x.reshape(x.dim(0) / n, n);
  }

  static Stream<Sum> sums() {
    return Stream.of(
        Sum.along("sum", 1, x -> x.sum(), 1),
        Sum.along("mean", 1, x -> x.mean(), 1).asMean(),
        Sum.along("sum of squares", 1, x -> x.square().sum(), 2),
        Sum.along("dot", 1, x -> x.matmul(x), 2),
        Sum.along("sum along rows", 3, x -> rows(x, 3).sum(1), 1),
        Sum.along("sum over two axes", 1, x -> rows(x, 10).sum(0, 1), 1),
        Sum.along("backwards", 1, x -> x.reverse(0).sum(), 1),
        Sum.across("sum down columns", 5, x -> columns(x, 5).sum(0), 1),
        Sum.across("mean down columns", 5, x -> columns(x, 5).mean(0), 1).asMean(),
        Sum.across("sum of many columns", 40, x -> columns(x, 40).sum(0), 1),
        Sum.across(
            "sum over the first two axes", 4, x -> x.reshape(10, x.dim(0) / 40, 4).sum(0, 1), 1),
        Sum.across("squares down columns", 3, x -> columns(x, 3).square().sum(0), 2),
        Sum.along("matrix by vector", 3, x -> rows(x, 3).matmul(ones(x, rows(x, 3).dim(1))), 1),
        Sum.across(
            "vector by matrix", 3, x -> ones(x, columns(x, 3).dim(0)).matmul(columns(x, 3)), 1),
        Sum.across(
            "matrix product",
            9,
            x -> ones(x, 4, columns(x, 9).dim(0)).matmul(columns(x, 9)).slice(0, 0, 1),
            1),
        Sum.across(
            "transposed matrix product",
            17,
            x ->
                ones(x, columns(x, 17).dim(0), 4).transpose().matmul(columns(x, 17)).slice(0, 0, 1),
            1));
  }

  @ParameterizedTest
  @MethodSource("sums")
  void theErrorDoesNotGrow(Sum s) {
    for (int n : new int[] {1000, 10_000, 100_000, 1_000_000}) {
      int terms = Math.max(10, n / s.width());
      check(s, DType.F32, terms, 1);
    }
    check(s, DType.F64, 200_000 / s.width() / 10 * 10, WIDE);
  }

  @ParameterizedTest
  @MethodSource("longOnes")
  void norDoesItForTenMillion(Sum s) {
    check(s, DType.F32, 10_000_000 / s.width(), 1);
  }

  static Stream<Sum> longOnes() {
    return sums().filter(s -> Set.of("mean", "dot", "sum down columns").contains(s.name));
  }

  private static void check(Sum s, DType dtype, int terms, double scale) {
    int n = terms / 10 * 10;
    SplittableRandom random = new SplittableRandom(n);
    check(s, dtype, n, scale, "equal terms", i -> 0.1);
    check(s, dtype, n, scale, "random terms", i -> random.nextDouble());
  }

  private static void check(
      Sum s, DType dtype, int n, double scale, String what, LongToDoubleFunction terms) {
    double[] x = new double[n * s.width()];
    for (int i = 0; i < x.length; i++) {
      double v = terms.applyAsDouble(i);
      x[i] = dtype == DType.F32 ? (float) v : v;
    }
    HostTensor got = Engram.jit((Tensor t) -> s.f().apply(t)).apply(tensor(dtype, x)).host();
    for (int j = 0; j < s.width(); j++) {
      double want = Exact.sum(s, x, n, j);
      double error = Math.abs(got.getDouble(j) - want) / want;
      assertTrue(
          error <= s.tolerance() * scale,
          "%s %s of %d %s: relative error %.1e, expected at most %.1e"
              .formatted(dtype, s, n, what, error, s.tolerance() * scale));
    }
  }

  private static HostTensor tensor(DType dtype, double[] x) {
    if (dtype == DType.F64) {
      return HostTensor.of(x, x.length);
    }
    float[] f = new float[x.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) x[i];
    }
    return HostTensor.of(f, f.length);
  }

  /** Sums in double-double arithmetic. */
  private static final class Exact {
    private double high;
    private double low;

    static double sum(Sum s, double[] x, int n, int j) {
      Exact e = new Exact();
      for (int r = 0; r < n; r++) {
        double v = x[(int) s.place().of(j, r, n)];
        if (s.degree() == 1) {
          e.add(v);
        } else {
          e.add(v * v);
          e.add(Math.fma(v, v, -(v * v)));
        }
      }
      double sum = e.high + e.low;
      return s.mean() ? sum / n : sum;
    }

    // Knuth's sum of two
    private void add(double v) {
      double sum = high + v;
      double part = sum - high;
      low += (high - (sum - part)) + (v - part);
      high = sum;
    }
  }

  /** Control: one chain for each lane, without blocks, is detected. */
  @Test
  void sumsInOneChainAreSeen() {
    float sum = 0;
    for (int i = 0; i < 1_000_000; i++) {
      sum += 0.1f;
    }
    double want = 1_000_000 * (double) 0.1f;
    assertTrue(Math.abs(sum - want) / want > 1000 * SUM, "a chain gives " + sum);
  }
}
