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
import dev.engram.ir.passes.Pipeline;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What each transformation does on its own; {@link CompositionTest} tries them on each other. */
class TransformationsTest {
  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor matrix(int rows, double... values) {
    return HostTensor.of(values, rows, values.length / rows);
  }

  private static Tensor scalar(double v) {
    return HostTensor.of(new double[] {v});
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  private static String failure(Fn0<?> f) {
    String message = assertThrows(RuntimeException.class, f::apply).getMessage();
    assertTrue(message.contains("TransformationsTest.java:"), message);
    return message;
  }

  // ---- vmap

  @Test
  void psumAndPmeanAreOverTheExamples() {
    Axes i = Axes.first().named("i");
    Fn1<Tensor, Tensor> centred = x -> x.sub(Engram.pmean(x, "i"));
    assertArrayEquals(new double[] {-2, 0, 2}, values(Engram.vmap(centred, i).apply(f64(1, 3, 5))));
    Fn1<Map<String, Tensor>, Map<String, Tensor>> sums = m -> Engram.psum(m, "i");
    Map<String, Tensor> s = Engram.vmap(sums, i).apply(Map.of("a", f64(1, 2)));
    assertArrayEquals(new double[] {3, 3}, values(s.get("a")));
    Fn1<Tensor, Tensor> numbered = x -> x.add(Engram.axisIndex("i").cast(DType.F64));
    assertArrayEquals(new double[] {7, 8}, values(Engram.vmap(numbered, i).apply(f64(7, 7))));
    Fn1<Tensor, Tensor> shared = x -> Engram.psum(scalar(2), "i").add(x.mul(0));
    assertArrayEquals(new double[] {6, 6, 6}, values(Engram.vmap(shared, i).apply(f64(0, 0, 0))));
  }

  @Test
  void namedAxesNestAndReachIntoLoops() {
    Axes rows = Axes.first().named("rows");
    Axes columns = Axes.first().named("columns");
    Tensor m = matrix(2, 1, 2, 3, 10, 20, 30);
    Fn1<Tensor, Tensor> both = x -> Engram.psum(x, "rows").mul(100).add(Engram.psum(x, "columns"));
    assertArrayEquals(
        new double[] {1106, 2206, 3306, 1160, 2260, 3360},
        values(Engram.vmap(Engram.vmap(both, columns), rows).apply(m)));
    Fn1<Tensor, Tensor> looped =
        x ->
            Engram.forLoop(
                0,
                2,
                (n, c) ->
                    Engram.cond(x.gt(1), y -> Engram.psum(y, "rows"), y -> y.mul(0), c.add(1)),
                x);
    // 1, 5 → 2, 6: 0, 8 → 1, 9: 0, 10.
    assertArrayEquals(new double[] {0, 10}, values(Engram.vmap(looped, rows).apply(f64(1, 5))));
    Fn1<Tensor, Tensor> counted =
        x -> Engram.whileLoop(c -> c.lt(10), c -> c.add(Engram.psum(scalar(1), "rows")), x, 20);
    assertArrayEquals(new double[] {10, 11}, values(Engram.vmap(counted, rows).apply(f64(0, 9))));
  }

  @Test
  void psumHasDerivatives() {
    Axes i = Axes.first().named("i");
    // Σ_i (x_i / Σ_j x_j)², for the whole batch and for each example's own loss.
    Fn1<Tensor, Tensor> share = x -> x.div(Engram.psum(x, "i")).square();
    Tensor x = f64(1, 2, 5);
    Fn1<Tensor, Tensor> direct = v -> v.div(v.sum()).square().sum();
    assertArrayEquals(
        values(Engram.grad(direct).apply(x)),
        values(Engram.grad((Tensor v) -> Engram.vmap(share, i).apply(v).sum()).apply(x)),
        1e-15);
    // Inside vmap the cotangents of all examples are summed, as in JAX: d Σ_j ℓ_j / dx_i.
    assertArrayEquals(
        values(Engram.grad(direct).apply(x)),
        values(Engram.vmap(Engram.grad(share), i).apply(x)),
        1e-15);
    assertArrayEquals(
        new double[] {2 * 8 / 8.0, 2, 2},
        values(
            Engram.vmap((Tensor v) -> Engram.jvp(y -> Engram.psum(y, "i"), v, v).tangent(), i)
                .apply(f64(0.5, 0.5, 1))),
        1e-15);
  }

  @Test
  void resultsHaveTheirAxesWhereTheyAreWanted() {
    Tensor m = matrix(2, 1, 2, 3, 4, 5, 6);
    Fn1<Tensor, Pair<Tensor, Tensor>> f = x -> new Pair<>(x, Engram.psum(x, "i"));
    Pair<Tensor, Tensor> y = Engram.vmap(f, Axes.first().withOut(1, Axes.NONE).named("i")).apply(m);
    assertEquals(Shape.of(3, 2), y.first().shape());
    assertArrayEquals(new double[] {5, 7, 9}, values(y.second()));
    String differs =
        failure(() -> Engram.vmap(f, Axes.first().withOut(Axes.NONE).named("i")).apply(m));
    assertTrue(differs.contains("result.first differs between examples"), differs);
    String count = failure(() -> Engram.vmap(f, Axes.first().withOut(0, 0, 0).named("i")).apply(m));
    assertTrue(
        count.startsWith("vmap: got 3 axes for results, expected one, or 2, one for each part"),
        count);
    Axes two = Axes.first().withOut(0, 0);
    String single = failure(() -> Engram.vmap((Tensor x) -> x, two).apply(m));
    assertTrue(single.contains("got 2 axes for results, expected one for a result"), single);
    String extra = failure(() -> Engram.vmap((Tensor x) -> x, Axes.in(0, 1, Axes.NONE)).apply(m));
    assertTrue(
        extra.startsWith("vmap: got 3 axes for arguments, expected at most 1, one for each"),
        extra);
    assertTrue(extra.contains("(TransformationsTest.java:"), extra);
    String axis = failure(() -> Engram.vmap((Tensor x) -> x, Axes.first().withOut(2)).apply(m));
    assertTrue(axis.contains("has no axis 2"), axis);
    String unknown =
        failure(
            () -> Engram.vmap((Tensor x) -> Engram.psum(x, "j"), Axes.first().named("i")).apply(m));
    assertTrue(unknown.contains("no enclosing vmap has an axis named j, only [i]"), unknown);
    String taken =
        failure(
            () -> {
              Axes i = Axes.first().named("i");
              return Engram.vmap(Engram.vmap((Tensor x) -> x, i), i).apply(m);
            });
    assertTrue(taken.contains("already has an axis named i"), taken);
  }

  // ---- derivatives

  @Test
  void jacobiansForwardAndBackAreOne() {
    Fn1<Tensor, Tensor> f = x -> Tensor.concat(0, x.slice(0, 0, 2).exp(), x.prod().expandDims(0));
    Tensor x = f64(0.5, 2, 3);
    double[] want = {Math.exp(0.5), 0, 0, 0, Math.exp(2), 0, 6, 1.5, 1};
    assertArrayEquals(want, values(Engram.jacfwd(f).apply(x)), 1e-14);
    assertArrayEquals(want, values(Engram.jacrev(f).apply(x)), 1e-14);
    assertEquals(
        Shape.of(2, 2, 3),
        Engram.jacrev((Tensor m) -> m.sum(1)).apply(matrix(2, 1, 2, 3, 4, 5, 6)).shape());
    String integer =
        failure(() -> Engram.jacrev((Tensor n) -> n).apply(HostTensor.of(new int[] {1, 2}, 2)));
    assertTrue(integer.contains("jacrev: the argument has type i32[2], expected a float"), integer);
    String result = failure(() -> Engram.jacrev((Tensor y) -> y.gt(0)).apply(f64(1)));
    assertTrue(result.contains("jacrev: the result has type bool[1]"), result);
    String forward =
        failure(() -> Engram.jacfwd((Tensor n) -> n).apply(HostTensor.of(new int[] {1, 2}, 2)));
    assertTrue(forward.contains("jacfwd: the argument has type i32[2], expected a"), forward);
    String noZeros = failure(() -> Engram.jacfwd((Tensor y) -> y.gt(0)).apply(f64(1)));
    assertTrue(noZeros.contains("jacfwd: the result has type bool[1]"), noZeros);
    String grad =
        failure(
            () ->
                Engram.grad((Tensor n) -> n.cast(DType.F64).sum())
                    .apply(HostTensor.of(new int[] {1, 2}, 2)));
    assertTrue(grad.contains("expected a float type; pass it as another argument"), grad);
  }

  @Test
  void theHessianIsThatOfTheFormula() {
    // x²y + y³
    Fn1<Tensor, Tensor> f = v -> v.get(0).square().mul(v.get(1)).add(v.get(1).pow(3));
    assertArrayEquals(
        new double[] {6, 4, 4, 18}, values(Engram.hessian(f).apply(f64(2, 3))), 1e-13);
  }

  @Test
  void aLinearizedFunctionIsNotRunAgain() {
    int[] runs = {0};
    Fn1<Pair<Tensor, Tensor>, Tensor> f =
        p -> {
          runs[0]++;
          return p.first().mul(p.first()).mul(p.second().cast(DType.F64));
        };
    Tensor n = HostTensor.of(new int[] {3});
    LinearizeResult<Pair<Tensor, Tensor>, Tensor> lin =
        Engram.linearize(f, new Pair<>(scalar(2), n));
    assertEquals(12, lin.value().host().item());
    assertEquals(12, lin.map().apply(new Pair<>(scalar(1), n)).host().item());
    assertEquals(-24, lin.map().apply(new Pair<>(scalar(-2), n)).host().item());
    assertEquals(1, runs[0]);
    String wrong = failure(() -> lin.map().apply(new Pair<>(f64(1), n)));
    assertTrue(wrong.contains("the tangent.first has type f64[1], expected f64[]"), wrong);
  }

  // ---- remat

  private static Tensor deep(Tensor x, Fn1<Tensor, Tensor> layer) {
    Tensor h = x;
    for (int i = 0; i < 8; i++) {
      h = layer.apply(h);
    }
    return h.square().sum();
  }

  /** Nine values of its argument's size, most of which the backward pass needs. */
  private static Tensor layer(Tensor x) {
    Tensor a = x.sin();
    Tensor b = a.exp().tanh();
    Tensor c = b.mul(a).cos().sigmoid();
    return c.add(b.square().sqrt()).mul(0.5).add(x.mul(0.1));
  }

  private static long peak(Fn1<Tensor, Tensor> loss, TensorType type) {
    TracedFunction t =
        TracedFunction.of(
            "peak",
            args -> Engram.grad(loss).apply((Tensor) args.getFirst()),
            List.of(HostTensor.full(type, 0.5)));
    return new Compiler("loops").compile(t.graph()).loops().orElseThrow().arenaBytes();
  }

  @Test
  void rematTakesLessMemoryForTheSameGradient() {
    TensorType type = new TensorType(DType.F64, Shape.of(5000));
    Fn1<Tensor, Tensor> plain = x -> deep(x, TransformationsTest::layer);
    Fn1<Tensor, Tensor> remat = x -> deep(x, Engram.remat(TransformationsTest::layer));
    double[] want = values(Engram.grad(plain).apply(HostTensor.full(type, 0.5)));
    double[] got = values(Engram.grad(remat).apply(HostTensor.full(type, 0.5)));
    assertArrayEquals(want, got, 1e-13);
    long before = peak(plain, type);
    long after = peak(remat, type);
    assertTrue(after * 2 < before, "peak bytes " + before + " without, " + after + " with remat");
  }

  @Test
  void rematInALoopStacksOnlyTheCarry() {
    TensorType type = new TensorType(DType.F64, Shape.of(400));
    Fn1<Fn1<Tensor, Tensor>, Fn1<Tensor, Tensor>> loop =
        f -> x -> Engram.forLoop(0, 50, (i, c) -> f.apply(c), x).square().sum();
    Fn1<Tensor, Tensor> plain = loop.apply(TransformationsTest::layer);
    Fn1<Tensor, Tensor> remat = loop.apply(Engram.remat(TransformationsTest::layer));
    double[] want = values(Engram.grad(plain).apply(HostTensor.full(type, 0.5)));
    assertArrayEquals(want, values(Engram.grad(remat).apply(HostTensor.full(type, 0.5))), 1e-13);
    long carries = 50 * type.bytes();
    long after = peak(remat, type);
    assertTrue(after < 1.5 * carries, after + " against " + carries + " of the carries");
    assertTrue(peak(plain, type) > 2 * carries, "without remat it takes more");
  }

  @Test
  void aPolicyKeepsProducts() {
    Tensor w = matrix(2, 0.5, 0.1, -0.2, 0.3);
    Fn1<Tensor, Tensor> f = x -> w.matmul(x.tanh()).sin().tanh().sum();
    assertEquals(1, matmuls(f, RematPolicy.PRODUCTS) - 1, "forward, and transposed");
    assertEquals(2, matmuls(f, RematPolicy.NOTHING) - 1, "forward, again, and transposed");
    State s = State.parameter(scalar(3));
    Fn1<Tensor, Tensor> scaled = Engram.remat(x -> x.mul(s.value()).sin());
    States weights = new States(Map.of("s", s));
    assertEquals(
        2 * Math.cos(6),
        Engram.grad((Tensor x) -> scaled.apply(x), weights).apply(scalar(2)).get("s").host().item(),
        1e-15);
  }

  /** Products in the value and gradient of {@code f}. */
  private static int matmuls(Fn1<Tensor, Tensor> f, RematPolicy policy) {
    TracedFunction t =
        TracedFunction.of(
            "products",
            args -> {
              Tensor x = (Tensor) args.getFirst();
              ValueAndGrad<Tensor> y = Engram.valueAndGrad(Engram.remat(f, policy)).apply(x);
              return List.of(y.value(), y.grad());
            },
            List.of(f64(1, 2)));
    return Pipeline.standard().run(t.graph()).toString().split("= dot\\{", -1).length - 1;
  }

  // ---- checkNumerics

  private static Tensor risky(Tensor x) {
    Tensor y = x.sub(1);
    return y.log().mul(2);
  }

  @Test
  void checkNumericsNamesTheOpTheIndexAndTheLine() {
    Fn1<Tensor, Tensor> f = Engram.checkNumerics(TransformationsTest::risky);
    assertArrayEquals(new double[] {0, 2 * Math.log(2)}, values(f.apply(f64(2, 3))), 1e-15);
    String nan = assertThrows(RunException.class, () -> f.apply(f64(2, 0.5, 0))).getMessage();
    assertTrue(
        nan.matches("log gives NaN at \\[1\\] \\(TransformationsTest.java:\\d+\\); keep .*"), nan);
    String infinite = assertThrows(RunException.class, () -> f.apply(f64(1, 2))).getMessage();
    assertTrue(infinite.startsWith("log gives -Infinity at [0]"), infinite);
    Fn1<Tensor, Tensor> root = x -> x.sqrt().sum();
    Tensor zero = f64(4, 0);
    assertArrayEquals(
        new double[] {0.25, Double.POSITIVE_INFINITY}, values(Engram.grad(root).apply(zero)));
    String backward =
        assertThrows(RunException.class, () -> Engram.checkNumerics(Engram.grad(root)).apply(zero))
            .getMessage();
    assertTrue(backward.contains("gives Infinity at [1]"), backward);
    Fn1<Tensor, Tensor> loop =
        Engram.jit(Engram.checkNumerics(x -> Engram.whileLoop(c -> c.lt(1e300), c -> c.mul(c), x)));
    assertTrue(
        assertThrows(RunException.class, () -> loop.apply(scalar(1e200)))
            .getMessage()
            .startsWith("mul gives Infinity"));
    for (String backend : Compiler.backends()) {
      Fn1<Tensor, Tensor> compiled = Engram.jit(new Compiler(backend), f);
      assertEquals(
          nan,
          assertThrows(RunException.class, () -> compiled.apply(f64(2, 0.5, 0))).getMessage(),
          backend);
    }
  }
}
