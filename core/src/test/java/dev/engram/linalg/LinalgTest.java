package dev.engram.linalg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Factorizations multiplied back together, batches, types, and second derivatives. */
class LinalgTest {
  private static final Map<String, Fn1<Tensor, Tensor>> FUNCTIONS = new LinkedHashMap<>();

  static {
    FUNCTIONS.put("cholesky", a -> Linalg.cholesky(positive(a)));
    FUNCTIONS.put("inverse", Linalg::inverse);
    FUNCTIONS.put("det", Linalg::det);
    FUNCTIONS.put("solve", a -> Linalg.solve(a, a.tril(0).add(1)));
    FUNCTIONS.put("solveTriangular", a -> Linalg.solveTriangular(a, a.square(), false));
    FUNCTIONS.put("solvePositive", a -> Linalg.solvePositive(positive(a), a.sin()));
    FUNCTIONS.put("logDet", a -> Linalg.signAndLogDet(a).get(1));
    FUNCTIONS.put("qr", a -> Linalg.qr(a).q().add(Linalg.qr(a).r()));
    FUNCTIONS.put("qrWide", a -> Linalg.qr(Tensor.concat(a.rank() - 1, a, a.sin())).r());
    FUNCTIONS.put("qrTall", a -> Linalg.qr(Tensor.concat(a.rank() - 2, a, a.sin())).q());
    FUNCTIONS.put("lu", a -> Linalg.lu(a).factors());
  }

  static Stream<String> names() {
    return FUNCTIONS.keySet().stream();
  }

  private static Tensor positive(Tensor a) {
    return a.matmul(a.swapAxes(-1, -2)).add(Tensor.eye(a.dtype(), a.dim(-1)));
  }

  private static HostTensor normal(DType dtype, int seed, int... dims) {
    HostTensor t = HostTensor.allocate(TensorType.of(dtype, dims));
    Random random = new Random(seed);
    for (long i = 0; i < t.type().size(); i++) {
      t.setDouble(i, random.nextGaussian());
    }
    return t;
  }

  private static void close(String what, Tensor got, Tensor want, double tolerance) {
    assertEquals(want.type(), got.type(), what);
    double error = got.sub(want).abs().max().host().getDouble(0);
    double scale = 1 + want.abs().max().host().getDouble(0);
    assertTrue(error <= tolerance * scale, what + " is off by " + error);
  }

  @Test
  void factorsGiveTheMatrix() {
    for (DType dtype : new DType[] {DType.F32, DType.F64}) {
      double tolerance = dtype == DType.F32 ? 1e-5 : 1e-12;
      for (int n : new int[] {1, 2, 3, 7, 20}) {
        Tensor a = normal(dtype, n, 2, n, n);
        Tensor p = positive(a);
        Tensor l = Linalg.cholesky(p);
        close("L Lᵀ", l.matmul(l.swapAxes(-1, -2)), p, tolerance);
        close("L", l.triu(1), l.like(0), 0);
        Lu lu = Linalg.lu(a);
        Tensor lower = lu.factors().tril(-1).add(Tensor.eye(dtype, n));
        Tensor permuted = a.takeAlongAxis(lu.permutation().expandDims(-1), -2);
        close("L U", lower.matmul(lu.factors().triu(0)), permuted, tolerance);
        Tensor b = normal(dtype, n + 1, 2, n, 3);
        close("a X", a.matmul(Linalg.solve(a, b)), b, 100 * tolerance);
      }
    }
  }

  @Test
  void qrGivesTheMatrix() {
    int[][] shapes = {{1, 1}, {5, 3}, {3, 5}, {4, 4}, {6, 1}, {1, 6}};
    for (int[] s : shapes) {
      Tensor a = normal(DType.F64, s[0], 2, s[0], s[1]);
      Qr qr = Linalg.qr(a);
      int k = Math.min(s[0], s[1]);
      Tensor unit = Tensor.eye(DType.F64, k).broadcastTo(2, k, k);
      close("Q R", qr.q().matmul(qr.r()), a, 1e-12);
      close("Qᵀ Q", qr.q().swapAxes(-1, -2).matmul(qr.q()), unit, 1e-12);
      close("R", qr.r().tril(-1), qr.r().like(0), 0);
    }
  }

  @Test
  void rowsAreExchangedWhereThePivotIsZero() {
    Tensor a = HostTensor.of(new double[] {0, 2, 1, 0}, 2, 2);
    assertEquals(-2, Linalg.det(a).host().getDouble(0), 1e-15);
    close("inverse", Linalg.inverse(a), HostTensor.of(new double[] {0, 1, 0.5, 0}, 2, 2), 1e-15);
    Tensor singular = HostTensor.of(new double[] {1, 2, 2, 4}, 2, 2);
    assertEquals(0, Math.abs(Linalg.det(singular).host().getDouble(0)));
    assertFalse(Double.isFinite(Linalg.inverse(singular).host().getDouble(0)));
    Tensor indefinite = HostTensor.of(new double[] {1, 2, 2, 1}, 2, 2);
    assertTrue(Double.isNaN(Linalg.cholesky(indefinite).host().getDouble(3)));
  }

  /** vmap, and a batch axis, are the same as one by one. */
  @ParameterizedTest
  @MethodSource("names")
  void batches(String name) {
    Fn1<Tensor, Tensor> f = FUNCTIONS.get(name);
    HostTensor a = normal(DType.F64, 3, 3, 4, 4);
    Tensor mapped = Engram.jit(Engram.vmap(f)).apply(a);
    close(name + " of a batch axis", Engram.jit(f).apply(a), mapped, 1e-12);
    for (int i = 0; i < 3; i++) {
      close(name + " " + i, mapped.get(i), f.apply(a.get(i)), 1e-12);
    }
    Fn1<Tensor, Tensor> grad = Engram.grad(x -> f.apply(x).sin().sum());
    Tensor grads = Engram.jit(Engram.vmap(grad)).apply(a);
    for (int i = 0; i < 3; i++) {
      close(name + " grad " + i, grads.get(i), grad.apply(a.get(i)), 1e-9);
    }
  }

  /** The gradient's derivative along t against a central difference of gradients. */
  @ParameterizedTest
  @MethodSource("names")
  void secondOrder(String name) {
    Fn1<Tensor, Tensor> f = FUNCTIONS.get(name);
    Fn1<Tensor, Tensor> grad = Engram.jit(Engram.grad(x -> f.apply(x).sin().sum()));
    HostTensor a = normal(DType.F64, 8, 3, 3);
    HostTensor t = normal(DType.F64, 9, 3, 3);
    Tensor got =
        Engram.jit((Tensor x) -> Engram.grad((Tensor y) -> grad.apply(y).mul(t).sum()).apply(x))
            .apply(a);
    double h = 1e-5;
    Tensor up = grad.apply(a.add(t.mul(h)));
    Tensor down = grad.apply(a.sub(t.mul(h)));
    close(name, got, up.sub(down).div(2 * h), 1e-5);
    assertTrue(
        got.abs().max().host().getDouble(0) > 1e-3, "a derivative that vanishes says nothing");
  }

  /** Reverse mode keeps a few matrices, not one for each step of a loop. */
  @ParameterizedTest
  @MethodSource("names")
  void gradientsKeepFewMatrices(String name) {
    Fn1<Tensor, Tensor> f = FUNCTIONS.get(name);
    assertTrue(matrices(f, 48) < 40, () -> name + " keeps " + matrices(f, 48));
  }

  /** Control: differentiating the loops keeps one matrix for each step. */
  @Test
  void gradientsOfLoopsKeepOneForEachStep() {
    double kept = matrices(a -> Triangular.loop(a, a.square(), true, false), 48);
    assertTrue(kept > 48, () -> "kept " + kept);
  }

  private static double matrices(Fn1<Tensor, Tensor> f, int n) {
    HostTensor a = normal(DType.F64, 2, n, n);
    var grad = Engram.jit(Engram.grad((Tensor x) -> f.apply(x).sin().sum()));
    long bytes = grad.trace(a).lower().memory().working();
    return (double) bytes / a.type().bytes();
  }

  @ParameterizedTest
  @MethodSource("names")
  void emptyMatrices(String name) {
    HostTensor none = normal(DType.F64, 1, 0, 0);
    var grad = Engram.jit(Engram.grad((Tensor x) -> FUNCTIONS.get(name).apply(x).sum()));
    assertEquals(none.type(), grad.apply(none).type());
  }

  @Test
  void errorsNameTheOperand() {
    Tensor wide = normal(DType.F64, 1, 2, 3);
    Tensor square = normal(DType.F64, 1, 2, 2);
    error("cholesky: operand 0 has type f64[2,3], expected square", () -> Linalg.cholesky(wide));
    error("qr: operand 0 has type f64[3]", () -> Linalg.qr(wide.get(0)));
    error(
        "det: operand 0 has type i32[2,2], expected a float",
        () -> Linalg.det(Tensor.eye(DType.I32, 2)));
    error(
        "solve: operand 1 has type f64[3,2], expected f64[2,2]",
        () -> Linalg.solve(square, wide.transpose()));
    error(
        "solveTriangular: operand 1 has type f32[2,2]",
        () -> Linalg.solveTriangular(square, Tensor.eye(DType.F32, 2), true));
  }

  private static void error(String says, Runnable r) {
    TypeException e = assertThrows(TypeException.class, r::run);
    assertTrue(e.getMessage().startsWith(says), e.getMessage());
    assertTrue(e.getMessage().contains("LinalgTest.java"), e.getMessage());
  }

  private static HostTensor matrix(int n, double... elements) {
    return HostTensor.of(elements, n, n);
  }

  /** Singular matrices of several ranks, one with a column of zeros in front, and a regular one. */
  private static Stream<HostTensor> polynomials() {
    return Stream.of(
        matrix(1, 0),
        matrix(2, 1, 2, 2, 4),
        matrix(2, 0, 0, 0, 0),
        matrix(2, 0, 1, 0, 2),
        matrix(3, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        matrix(3, 1, 2, 3, 4, 5, 6, 7, 8, 9),
        matrix(3, 0, 0, 0, 0, 2, 0, 0, 0, 3),
        matrix(4, 1, 2, 3, 4, 0, 0, 0, 0, 2, 4, 6, 8, 1, 0, 1, 0),
        matrix(4, 2, -1, 0, 3, 1, 4, 2, -2, 0, 5, 1, 1, 3, 2, -1, 2));
  }

  /** By expansion along the first row. */
  private static double byMinors(double[][] a) {
    double sum = a.length == 0 ? 1 : 0;
    for (int j = 0; j < a.length; j++) {
      sum += (j % 2 == 0 ? 1 : -1) * a[0][j] * byMinors(without(a, 0, j));
    }
    return sum;
  }

  private static double[][] without(double[][] a, int row, int column) {
    int n = a.length - 1;
    double[][] out = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        out[i][j] = a[i < row ? i : i + 1][j < column ? j : j + 1];
      }
    }
    return out;
  }

  private static double cofactor(double[][] a, int i, int j) {
    return ((i + j) % 2 == 0 ? 1 : -1) * byMinors(without(a, i, j));
  }

  private static double[][] rows(HostTensor t) {
    int n = t.dim(-1);
    double[][] out = new double[n][n];
    for (int k = 0; k < n * n; k++) {
      out[k / n][k % n] = t.getDouble(k);
    }
    return out;
  }

  @ParameterizedTest
  @MethodSource("polynomials")
  void theDerivativesOfADeterminantAreMinors(HostTensor a) {
    double[][] m = rows(a);
    int n = m.length;
    assertEquals(byMinors(m), Linalg.det(a).host().item(), 1e-13);
    Fn1<Tensor, Tensor> gradient = Engram.grad((Tensor x) -> Linalg.det(x));
    HostTensor first = gradient.apply(a).host();
    HostTensor reverse = Engram.jacrev(gradient).apply(a).host();
    HostTensor forward = Engram.jacfwd(gradient).apply(a).host();
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        assertEquals(cofactor(m, i, j), first.getDouble(i * n + j), 1e-12);
        for (int k = 0; k < n; k++) {
          for (int l = 0; l < n; l++) {
            // The minor of (i, j) depends on the element (k, l) if it contains it.
            double want = 0;
            if (k != i && l != j) {
              int sign = (i + j) % 2 == 0 ? 1 : -1;
              want = sign * cofactor(without(m, i, j), k < i ? k : k - 1, l < j ? l : l - 1);
            }
            int at = ((i * n + j) * n + k) * n + l;
            assertEquals(want, reverse.getDouble(at), 1e-11, "d²/da" + i + j + "da" + k + l);
            assertEquals(want, forward.getDouble(at), 1e-11, "d²/da" + i + j + "da" + k + l);
          }
        }
      }
    }
  }

  /**
   * Regular triangular matrices with one element, row or column of a different magnitude: {@code
   * ∂²det / ∂a_00 ∂a_ii} is the product of the rest of the diagonal, 1.
   */
  @Test
  void secondDerivativesOfADeterminantAtAnyScale() {
    for (DType t : new DType[] {DType.F32, DType.F64}) {
      double big = t == DType.F32 ? 2e4 : 2e8;
      for (int n = 2; n <= 6; n++) {
        for (int shape = 0; shape < 3; shape++) {
          HostTensor a = Tensor.eye(t, n).host();
          HostTensor m = HostTensor.allocate(a.type());
          for (int k = 0; k < n * n; k++) {
            boolean large = k == 0 || (shape == 1 && k < n) || (shape == 2 && k % n == 0);
            m.setDouble(k, large ? big : a.getDouble(k));
          }
          Fn1<Tensor, Tensor> gradient = Engram.grad((Tensor x) -> Linalg.det(x));
          HostTensor second = Engram.jacrev(gradient).apply(m).host();
          for (int i = 1; i < n; i++) {
            assertEquals(1, second.getDouble(i * n + i), 1e-3, t + ", " + n + ", " + shape);
          }
        }
      }
    }
  }

  /**
   * Scaling rows and columns by powers of two multiplies a determinant by all of them, its
   * derivative by those other than of the element's row and column, and so on: exactly, even where
   * the matrix is singular.
   */
  @ParameterizedTest
  @MethodSource("scaled")
  void powersOfTwoGoInAndComeOut(HostTensor a, int[] r, int[] c) {
    int n = a.dim(-1);
    HostTensor b = HostTensor.allocate(a.type());
    int all = IntStream.of(r).sum() + IntStream.of(c).sum();
    for (int k = 0; k < n * n; k++) {
      b.setDouble(k, Math.scalb(a.getDouble(k), r[k / n] + c[k % n]));
    }
    assertEquals(
        Math.scalb(Linalg.det(a).host().item(), all), Linalg.det(b).host().item(), "value");
    Fn1<Tensor, Tensor> gradient = Engram.grad((Tensor x) -> Linalg.det(x));
    HostTensor firstA = gradient.apply(a).host();
    HostTensor firstB = gradient.apply(b).host();
    HostTensor secondA = Engram.jacrev(gradient).apply(a).host();
    HostTensor secondB = Engram.jacrev(gradient).apply(b).host();
    for (int i = 0; i < n * n; i++) {
      int without = all - r[i / n] - c[i % n];
      assertEquals(Math.scalb(firstA.getDouble(i), without), firstB.getDouble(i), "first");
      for (int j = 0; j < n * n; j++) {
        int at = i * n * n + j;
        double want = Math.scalb(secondA.getDouble(at), without - r[j / n] - c[j % n]);
        assertEquals(want, secondB.getDouble(at), "second");
      }
    }
  }

  static Stream<Arguments> scaled() {
    SplittableRandom random = new SplittableRandom(12);
    List<HostTensor> matrices = new ArrayList<>();
    for (int n = 1; n <= 4; n++) {
      matrices.add(normal(DType.F64, n, n, n).host());
    }
    matrices.add(matrix(3, 1, 2, 3, 2, 4, 6, 1, 1, 1).host()); // of rank 2
    matrices.add(matrix(3, 1, 2, 3, 4, 5, 6, 7, 8, 9).host());
    matrices.add(matrix(3, 1, 1, 1, 1, 1, 1, 1, 1, 1).host()); // of rank 1
    return matrices.stream()
        .flatMap(
            a ->
                Stream.of(2, 100)
                    .map(
                        most -> {
                          int n = a.dim(-1);
                          int[] r = random.ints(n, -most, most).toArray();
                          int[] c = random.ints(n, -most, most).toArray();
                          return Arguments.of(a, r, c);
                        }));
  }

  /** Products of scales would overflow or underflow: elements are small, determinants are not. */
  @ParameterizedTest
  @CsvSource({"F32, 44", "F32, 128", "F64, 256"})
  void determinantsOfManyRowsAreNumbers(DType dtype, int n) {
    double tolerance = dtype == DType.F32 ? 1e-4 : 1e-10;
    Tensor q = Linalg.qr(normal(dtype, n, n, n)).q();
    Tensor det = Linalg.det(q);
    assertEquals(1, Math.abs(det.host().item()), tolerance);
    close("gradient", Engram.grad((Tensor x) -> Linalg.det(x)).apply(q), q.mul(det), tolerance);
    Tensor small = normal(dtype, n + 1, n, n).mul(1 / Math.sqrt(n));
    double log = Linalg.signAndLogDet(small).get(1).host().item();
    double got = Linalg.det(small).abs().log().host().item();
    assertEquals(log, got, dtype == DType.F32 ? 1e-3 : 1e-9);
  }

  /** Singular, with every element as large as possible. */
  @Test
  void singularOnesOfLargeNumbersHaveNoDeterminant() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Tensor a = HostTensor.full(TensorType.of(dtype, 3, 3), dtype == DType.F32 ? 1e38 : 1e300);
      assertEquals(0, Linalg.det(a).host().item());
      Tensor cofactors = Engram.grad((Tensor x) -> Linalg.det(x)).apply(a);
      close("cofactors", cofactors, a.like(0), 0);
    }
  }

  @Test
  void oneSingularMatrixOfABatchSpoilsNoOther() {
    Tensor a = HostTensor.of(new double[] {1, 2, 2, 4, 3, 1, 0, 2}, 2, 2, 2);
    Fn1<Tensor, Tensor> sum = x -> Linalg.det(x).sum();
    Tensor want = HostTensor.of(new double[] {4, -2, -2, 1, 2, 0, -1, 3}, 2, 2, 2);
    close("cofactors", Engram.grad(sum).apply(a), want, 1e-14);
    Fn1<Tensor, Tensor> one = x -> Linalg.det(x);
    close("cofactors", Engram.vmap(Engram.grad(one)).apply(a), want, 1e-14);
    Tensor along = Engram.jvp((Tensor x) -> Linalg.det(x), a, a.like(1)).tangent();
    close("along ones", along, HostTensor.of(new double[] {1, 4}, 2), 1e-14);
  }

  @Test
  void thirdDerivativeAtZero() {
    // det = a d g + …: only third derivatives are nonzero at the zero matrix
    Tensor ones = matrix(3, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    Fn1<Tensor, Tensor> f = t -> Linalg.det(ones.mul(t));
    Fn1<Tensor, Tensor> first = Engram.grad(f);
    Fn1<Tensor, Tensor> second = Engram.grad((Tensor t) -> first.apply(t));
    Fn1<Tensor, Tensor> third = Engram.grad((Tensor t) -> second.apply(t));
    Tensor zero = HostTensor.of(new double[] {0});
    assertEquals(0, second.apply(zero).host().item());
    assertEquals(6, third.apply(zero).host().item(), 1e-13);
  }

  @Test
  void largeMatricesKeepTheirDigits() {
    Tensor a = normal(DType.F64, 5, 30, 30);
    // det A · A⁻ᵀ, and its derivative
    Tensor want = Linalg.inverse(a).transpose().mul(Linalg.det(a));
    Fn1<Tensor, Tensor> det = x -> Linalg.det(x);
    close("gradient", Engram.grad(det).apply(a), want, 1e-11);
    Tensor d = normal(DType.F64, 6, 30, 30);
    Fn1<Tensor, Tensor> known = x -> Linalg.inverse(x).transpose().mul(Linalg.det(x));
    close(
        "second",
        Engram.jvp(Engram.grad(det), a, d).tangent(),
        Engram.jvp(known, a, d).tangent(),
        1e-9);
  }

  @Test
  void singularMatricesHaveALogarithmAndNoSolution() {
    for (HostTensor a : polynomials().limit(7).toList()) {
      var value = Linalg.signAndLogDet(a);
      double log = value.get(1).host().item();
      // The matrix of 1 to 9 is singular up to rounding.
      assertTrue(log < -30, () -> a + " has log |det| " + log);
    }
    assertEquals(0, Linalg.signAndLogDet(matrix(2, 0, 1, 0, 2)).get(0).host().item());
    Tensor x = Linalg.inverse(matrix(2, 1, 2, 2, 4));
    assertFalse(Double.isFinite(x.abs().max().host().item()), x::toString);
  }
}
