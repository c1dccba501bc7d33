package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every transformation applied to every other, and second derivatives through every transformation,
 * against central differences of the plain function.
 */
class CompositionTest {
  private static final Tensor V = f64(0.3, -0.7, 0.5);
  private static final Tensor W = f64(1.1, 0.4, -0.6);
  private static final Tensor A =
      HostTensor.of(new double[] {0.5, -0.3, 0.2, 0.1, 0.7, -0.4, -0.2, 0.3, 0.6}, 3, 3);
  private static final double[] X = {0.4, -0.9, 0.7};

  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor plain(Tensor x) {
    return A.matmul(x).tanh().mul(x.square().add(0.5)).add(x.sin());
  }

  /** A function of vectors; the expected result of a transformation, by differences, is one too. */
  private interface Vector {
    double[] at(double[] x);
  }

  private record Counted(Tensor x, Tensor n) {}

  /**
   * A transformation of functions of vectors.
   *
   * @param apply what the library does
   * @param meaning what it should do
   */
  private record Case(
      String name,
      UnaryOperator<Fn1<Tensor, Tensor>> apply,
      UnaryOperator<Vector> meaning,
      boolean derives) {}

  private static Case same(String name, UnaryOperator<Fn1<Tensor, Tensor>> apply) {
    return new Case(name, apply, f -> f, false);
  }

  private static Case forward(String name, UnaryOperator<Fn1<Tensor, Tensor>> apply) {
    return new Case(name, apply, f -> x -> along(f, x, V.host().toDoubles()), true);
  }

  private static Case reverse(String name, UnaryOperator<Fn1<Tensor, Tensor>> apply) {
    return new Case(name, apply, f -> x -> against(f, x, W.host().toDoubles()), true);
  }

  private static Tensor twice(Tensor x) {
    return Tensor.stack(0, List.of(x, x.mul(0.5)));
  }

  private static List<Case> meaningPreserving() {
    return List.of(
        same("jit", Engram::jit),
        same("remat", Engram::remat),
        same("remat keeping products", f -> Engram.remat(f, RematPolicy.PRODUCTS)),
        same("checkNumerics", Engram::checkNumerics),
        same("vmap", f -> x -> Engram.vmap(f).apply(twice(x)).get(0)),
        same(
            "vmap of other axes",
            f ->
                x ->
                    Engram.vmap(f, Axes.in(-1).withOut(1))
                        .apply(twice(x).transpose())
                        .transpose()
                        .get(0)),
        same("map", f -> x -> Engram.map(f, twice(x)).get(0)),
        same("cond", f -> x -> Engram.cond(x.sum().lt(1e9), f, y -> y.mul(0), x)),
        same(
            "switchCase",
            f -> {
              List<Fn1<Tensor, Tensor>> all = List.of(Tensor::neg, f, Tensor::square);
              return x -> Engram.switchCase(x.sum().mul(0).cast(DType.I32).add(1), all, x);
            }),
        same(
            "scan",
            f ->
                x ->
                    Engram.scan(
                            (Tensor c, Tensor y) -> new StepResult<>(f.apply(y).add(c.mul(0)), c),
                            x,
                            twice(x).reverse(0))
                        .carry()),
        same(
            "whileLoop",
            f ->
                x ->
                    Engram.whileLoop(
                            c -> c.n().lt(1),
                            c -> new Counted(f.apply(c.x()), c.n().add(1)),
                            new Counted(x, HostTensor.of(new int[] {0})),
                            3)
                        .x()),
        same(
            "customJvp",
            f ->
                Engram.customJvp(
                    f,
                    (x, dx) -> {
                      JvpResult<Tensor> p = Engram.jvp(f, x, dx);
                      return new Pair<>(p.value(), p.tangent());
                    })),
        same(
            "customVjp",
            f ->
                Engram.customVjp(
                    f,
                    x -> new Pair<>(f.apply(x), x),
                    (x, ct) -> Engram.vjp(f, x).pullback().apply(ct))),
        same("linearize, the value", f -> x -> Engram.linearize(f, x).value()),
        same(
            "a state",
            f ->
                x -> {
                  State s = State.other(x);
                  s.set(f.apply(s.value()));
                  return s.value();
                }));
  }

  private static List<Case> derivatives() {
    return List.of(
        forward("jvp", f -> x -> Engram.jvp(f, x, V).tangent()),
        forward("linearize", f -> x -> Engram.linearize(f, x).map().apply(V)),
        forward("jacfwd", f -> x -> Engram.jacfwd(f).apply(x).matmul(V)),
        forward("jacrev", f -> x -> Engram.jacrev(f).apply(x).matmul(V)),
        reverse("vjp", f -> x -> Engram.vjp(f, x).pullback().apply(W)),
        reverse("grad", f -> Engram.grad(x -> f.apply(x).mul(W).sum())),
        reverse(
            "valueAndGrad",
            f -> x -> Engram.valueAndGrad((Tensor y) -> f.apply(y).mul(W).sum()).apply(x).grad()));
  }

  private static Case hessian() {
    return new Case(
        "hessian",
        f -> x -> Engram.hessian(y -> f.apply(y).mul(W).sum()).apply(x).matmul(V),
        f -> x -> along(y -> against(f, y, W.host().toDoubles()), x, V.host().toDoubles()),
        true);
  }

  // (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, exact up to h⁴.
  private static double[] along(Vector f, double[] x, double[] v) {
    double h = 4e-3;
    double[] sum = new double[f.at(x).length];
    double[][] weights = {{h, 8}, {-h, -8}, {2 * h, -1}, {-2 * h, 1}};
    for (double[] w : weights) {
      double[] at = x.clone();
      for (int i = 0; i < at.length; i++) {
        at[i] += w[0] * v[i];
      }
      double[] y = f.at(at);
      for (int i = 0; i < y.length; i++) {
        sum[i] += w[1] * y[i] / (12 * h);
      }
    }
    return sum;
  }

  private static double[] against(Vector f, double[] x, double[] w) {
    double[] out = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      double[] e = new double[x.length];
      e[j] = 1;
      double[] column = along(f, x, e);
      for (int i = 0; i < column.length; i++) {
        out[j] += w[i] * column[i];
      }
    }
    return out;
  }

  private static Vector exact() {
    return x -> plain(f64(x)).host().toDoubles();
  }

  private static DynamicTest test(List<Case> outermostFirst) {
    String name = String.join(" of ", outermostFirst.stream().map(Case::name).toList());
    return DynamicTest.dynamicTest(
        name,
        () -> {
          Fn1<Tensor, Tensor> f = CompositionTest::plain;
          Vector meaning = exact();
          for (Case c : outermostFirst.reversed()) {
            f = c.apply().apply(f);
            meaning = c.meaning().apply(meaning);
          }
          double[] want = meaning.at(X);
          double[] got = f.apply(f64(X)).host().toDoubles();
          assertClose(name, want, got);
        });
  }

  private static void assertClose(String name, double[] want, double[] got) {
    assertEquals(want.length, got.length, name);
    for (int i = 0; i < want.length; i++) {
      double tolerance = Double.isFinite(want[i]) ? 2e-6 * (1 + Math.abs(want[i])) : 0;
      assertEquals(want[i], got[i], tolerance, name + " [" + i + "]");
    }
  }

  @TestFactory
  Stream<DynamicTest> everyPair() {
    List<Case> all = new ArrayList<>(meaningPreserving());
    all.addAll(derivatives());
    all.add(hessian());
    List<DynamicTest> tests = new ArrayList<>();
    for (Case outer : all) {
      for (Case inner : all) {
        // Third-order differences are too inaccurate.
        boolean third =
            (outer.derives() && inner.name().equals("hessian"))
                || (outer.name().equals("hessian") && inner.derives());
        if (!third) {
          tests.add(test(List.of(outer, inner)));
        }
      }
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> derivativesOfDerivativesThroughEverything() {
    List<Case> forwardAndReverse = List.of(derivatives().get(0), derivatives().get(4));
    List<DynamicTest> tests = new ArrayList<>();
    for (Case outer : forwardAndReverse) {
      for (Case between : meaningPreserving()) {
        for (Case inner : forwardAndReverse) {
          tests.add(test(List.of(outer, between, inner)));
          tests.add(test(List.of(outer, inner, between)));
        }
      }
    }
    return tests.stream();
  }

  /** Control: the differences detect a wrong derivative. */
  @Test
  void theOracleTellsDerivativesApart() {
    double[] x = X.clone();
    double[] right = along(exact(), x, V.host().toDoubles());
    double[] transposed = against(exact(), x, V.host().toDoubles());
    double most = 0;
    for (int i = 0; i < right.length; i++) {
      most = Math.max(most, Math.abs(right[i] - transposed[i]));
    }
    assertTrue(most > 1e-2, "the Jacobian is not symmetric");
    Fn1<Tensor, Tensor> stopped = y -> plain(Engram.stopGradient(y));
    assertEquals(0, Engram.jvp(stopped, f64(x), V).tangent().abs().sum().host().item());
  }
}
