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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Factorizations put together again, batches, types, and derivatives of second order. */
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

  /** Reverse mode keeps matrices, not one for each step of a loop. */
  @ParameterizedTest
  @MethodSource("names")
  void gradientsKeepFewMatrices(String name) {
    Fn1<Tensor, Tensor> f = FUNCTIONS.get(name);
    assertTrue(matrices(f, 48) < 40, () -> name + " keeps " + matrices(f, 48));
  }

  /** Control: the loops themselves keep one for each step. */
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
}
