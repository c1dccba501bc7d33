package dev.engram.tests.jax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Axes;
import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.StepResult;
import dev.engram.ValueAndGrad;
import dev.engram.io.Safetensors;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.tests.Everywhere;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The programs of {@code tests/jax/programs.py}, written in Engram, on every backend, against the
 * results of JAX in f64.
 */
class JaxProgramsTest {
  private static final double TOLERANCE = 1e-11;

  static List<Compiler> compilers() {
    return Everywhere.names().stream().map(Compiler::new).toList();
  }

  private static Map<String, Tensor> under(Vectors v, String prefix) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    for (Safetensors.Entry e : v.file().entries()) {
      if (e.name().startsWith(prefix)) {
        out.put(e.name().substring(prefix.length()), e.tensor());
      }
    }
    return out;
  }

  private static void check(Vectors v, String name, Tensor got) {
    close(name, v.get(name), got.host());
  }

  private static void close(String name, HostTensor want, HostTensor got) {
    assertEquals(want.type(), got.type(), name);
    for (long i = 0; i < want.type().size(); i++) {
      double w = want.getDouble(i);
      double tolerance = Double.isFinite(w) ? TOLERANCE * (1 + Math.abs(w)) : 0;
      assertEquals(w, got.getDouble(i), tolerance, name + " at " + i);
    }
  }

  // ---- a small network, its parameters in one vector

  private static Tensor part(Tensor theta, int from, int... dims) {
    int size = 1;
    for (int d : dims) {
      size *= d;
    }
    return theta.slice(0, from, from + size).reshape(dims);
  }

  private static Tensor mlp(Tensor theta, Tensor x) {
    Tensor h = x.matmul(part(theta, 0, 3, 4)).add(part(theta, 12, 4)).tanh();
    return h.matmul(part(theta, 16, 4, 2)).add(part(theta, 24, 2));
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void hessianOfAnMlp(Compiler compiler) throws Exception {
    Vectors v = Vectors.of("/jax/hessian_of_mlp.safetensors");
    Tensor x = v.get("x");
    Tensor y = v.get("y");
    Fn1<Tensor, Tensor> loss = theta -> mlp(theta, x).sub(y).square().mean();
    Tensor theta = v.get("theta");
    ValueAndGrad<Tensor> first = Engram.jit(compiler, Engram.valueAndGrad(loss)).apply(theta);
    check(v, "loss", first.value());
    check(v, "gradient", first.grad());
    check(v, "hessian", Engram.jit(compiler, Engram.hessian(loss)).apply(theta));
    check(v, "hessian", Engram.jit(compiler, Engram.jacrev(Engram.grad(loss))).apply(theta));
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void perExampleGradients(Compiler compiler) throws Exception {
    Vectors v = Vectors.of("/jax/per_example_gradients.safetensors");
    Tensor theta = v.get("theta");
    Fn2<Tensor, Tensor, Tensor> each =
        (x, y) -> Engram.grad((Tensor t) -> mlp(t, x).sub(y).square().sum()).apply(theta);
    check(v, "gradients", Engram.jit(compiler, Engram.vmap(each)).apply(v.get("x"), v.get("y")));
  }

  // ---- a recurrent network

  private static Tensor next(Vectors v, Tensor w, Tensor h, Tensor x) {
    return h.matmul(w).add(x.matmul(v.get("u"))).tanh();
  }

  private static Tensor scanned(Vectors v, Tensor xs, Tensor w) {
    StepResult<Tensor, Tensor> end =
        Engram.scan(
            (Tensor h, Tensor x) -> {
              Tensor n = next(v, w, h, x);
              return new StepResult<>(n, n.square());
            },
            v.get("h0"),
            xs);
    return Tensor.concat(0, end.carry(), end.out().sum(0));
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void jacobianOfAScan(Compiler compiler) throws Exception {
    Vectors v = Vectors.of("/jax/jacobian_of_scan.safetensors");
    Tensor xs = v.get("xs");
    Tensor w = v.get("w");
    Fn1<Tensor, Tensor> ofXs = x -> scanned(v, x, w);
    Fn1<Tensor, Tensor> ofW = m -> scanned(v, xs, m);
    check(v, "value", Engram.jit(compiler, ofXs).apply(xs));
    check(v, "by_xs", Engram.jit(compiler, Engram.jacfwd(ofXs)).apply(xs));
    check(v, "by_xs", Engram.jit(compiler, Engram.jacrev(ofXs)).apply(xs));
    check(v, "by_w", Engram.jit(compiler, Engram.jacfwd(ofW)).apply(w));
    check(v, "by_w", Engram.jit(compiler, Engram.jacrev(ofW)).apply(w));
    check(v, "by_w", Engram.jit(compiler, Engram.jacrev(Engram.remat(ofW))).apply(w));
    Fn1<Tensor, Tensor> back =
        all ->
            Engram.scanReverse(
                    (Tensor h, Tensor x) -> {
                      Tensor n = next(v, w, h, x);
                      return new StepResult<>(n, n);
                    },
                    v.get("h0"),
                    all)
                .out();
    check(v, "reversed", Engram.jit(compiler, back).apply(xs));
  }

  // ---- Newton's method

  private record Newton(Tensor x, Tensor change, Tensor steps) {}

  private static Newton newton(Tensor a) {
    Fn1<Tensor, Tensor> f = x -> x.add(x.sin().mul(0.5)).sub(a);
    Newton start = new Newton(a, a.mul(0).add(Double.POSITIVE_INFINITY), a.mul(0));
    return Engram.whileLoop(
        s -> s.change().gt(1e-9).and(s.steps().lt(50)),
        s -> {
          Tensor dx = f.apply(s.x()).div(Engram.grad(f).apply(s.x()));
          return new Newton(s.x().sub(dx), dx.abs(), s.steps().add(1));
        },
        start,
        50);
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void newtonByWhileLoop(Compiler compiler) throws Exception {
    Vectors v = Vectors.of("/jax/newton_by_while_loop.safetensors");
    Tensor a = v.get("a");
    Newton all = Engram.jit(compiler, Engram.vmap(JaxProgramsTest::newton)).apply(a);
    check(v, "roots", all.x());
    check(v, "steps", all.steps());
    Fn1<Tensor, Tensor> forward = t -> Engram.jvp(x -> newton(x).x(), t, t.like(1)).tangent();
    check(v, "tangents", Engram.jit(compiler, Engram.vmap(forward)).apply(a));
    Fn1<Tensor, Tensor> reverse = Engram.grad(t -> newton(t).x());
    Tensor each = Engram.jit(compiler, Engram.vmap(reverse)).apply(a);
    check(v, "tangents", each);
    check(v, "implicit", each);
    Fn1<Tensor, Tensor> whole =
        Engram.grad((Tensor t) -> Engram.vmap(JaxProgramsTest::newton).apply(t).x().sum());
    check(v, "implicit", Engram.jit(compiler, whole).apply(a));
    Tensor one = a.get(3);
    close(
        "one alone",
        v.get("roots").get(3).host(),
        Engram.jit(compiler, JaxProgramsTest::newton).apply(one).x().host());
  }

  // ---- two blocks of a transformer

  private static final int WIDTH = 8;
  private static final int HEADS = 2;
  private static final int TIME = 5;

  private static Tensor layerNorm(Tensor x, Tensor gain, Tensor shift) {
    Tensor centred = x.sub(x.mean(-1).expandDims(1));
    Tensor deviation = centred.square().mean(-1).add(1e-5).sqrt().expandDims(1);
    return centred.div(deviation).mul(gain).add(shift);
  }

  private static Tensor gelu(Tensor x) {
    Tensor inner = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(inner.tanh().add(1));
  }

  private static Tensor heads(Tensor x, Tensor w) {
    return x.matmul(w).reshape(TIME, HEADS, WIDTH / HEADS).transpose(1, 0, 2);
  }

  private static Tensor attention(Map<String, Tensor> p, String i, Tensor x) {
    Tensor q = heads(x, get(p, i + "wq"));
    Tensor k = heads(x, get(p, i + "wk"));
    Tensor v = heads(x, get(p, i + "wv"));
    Tensor scores = q.matmul(k.transpose(0, 2, 1)).div(Math.sqrt((double) WIDTH / HEADS));
    Tensor mixed = past().select(scores, scores.like(-1e30)).softmax(-1).matmul(v);
    return mixed.transpose(1, 0, 2).reshape(TIME, WIDTH).matmul(get(p, i + "wo"));
  }

  private static Tensor past() {
    boolean[] may = new boolean[HEADS * TIME * TIME];
    for (int n = 0; n < may.length; n++) {
      may[n] = n % TIME <= n / TIME % TIME;
    }
    return HostTensor.of(may, HEADS, TIME, TIME);
  }

  private static Tensor get(Map<String, Tensor> p, String name) {
    return Objects.requireNonNull(p.get(name), name);
  }

  private static Tensor block(Map<String, Tensor> p, int layer, Tensor in) {
    String i = layer + ".";
    Tensor x = in.add(attention(p, i, layerNorm(in, get(p, i + "gain1"), get(p, i + "shift1"))));
    Tensor h = layerNorm(x, get(p, i + "gain2"), get(p, i + "shift2"));
    Tensor inner = gelu(h.matmul(get(p, i + "w1")).add(get(p, i + "b1")));
    return x.add(inner.matmul(get(p, i + "w2"))).add(get(p, i + "b2"));
  }

  private record Inputs(Map<String, Tensor> p, Tensor x) {}

  private static Tensor transformed(Inputs in) {
    Fn1<Tensor, Tensor> one = x -> block(in.p(), 1, block(in.p(), 0, x));
    return Engram.vmap(one).apply(in.x());
  }

  private static void checkTransformer(Compiler compiler, Fn1<Inputs, Tensor> forward)
      throws Exception {
    Vectors v = Vectors.of("/jax/transformer.safetensors");
    Inputs in = new Inputs(under(v, "p."), v.get("x"));
    Tensor y = v.get("y");
    check(v, "value", Engram.jit(compiler, forward).apply(in));
    Fn1<Inputs, Tensor> loss = i -> forward.apply(i).sub(y).square().mean();
    ValueAndGrad<Inputs> g = Engram.jit(compiler, Engram.valueAndGrad(loss)).apply(in);
    check(v, "loss", g.value());
    check(v, "by_x", g.grad().x());
    assertEquals(24, g.grad().p().size());
    g.grad().p().forEach((name, t) -> check(v, "grad." + name, t));
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void aTransformerForwardAndBack(Compiler compiler) throws Exception {
    checkTransformer(compiler, JaxProgramsTest::transformed);
  }

  /** Each layer keeps only its input. */
  @Test
  void aTransformerWithRemat() throws Exception {
    checkTransformer(
        Compiler.standard(),
        in -> {
          Fn1<Tensor, Tensor> first = Engram.remat(x -> block(in.p(), 0, x));
          Fn1<Tensor, Tensor> second = Engram.remat(x -> block(in.p(), 1, x));
          return Engram.vmap((Tensor x) -> second.apply(first.apply(x)), Axes.first())
              .apply(in.x());
        });
  }

  /** Control: the vectors distinguish the programs. */
  @Test
  void aWrongProgramIsFound() {
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () ->
                checkTransformer(
                    new Compiler("interpreter"), in -> transformed(in).add(in.x().mul(1e-9))));
    assertTrue(e.getMessage().startsWith("value at 0"), e.getMessage());
  }
}
