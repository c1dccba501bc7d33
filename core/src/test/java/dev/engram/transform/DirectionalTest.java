package dev.engram.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.JvpResult;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.VjpResult;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirectionalTest {
  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor scalar(double v) {
    return HostTensor.of(new double[] {v});
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  private static double item(Tensor t) {
    return t.host().item();
  }

  record In(Tensor x, Tensor n) {}

  @Test
  void jvpAndVjpAreTransposed() {
    Fn1<In, Pair<Tensor, Tensor>> f =
        in -> new Pair<>(in.x.square().mul(in.n.cast(DType.F64)), in.n.add(1));
    In at = new In(f64(1, 2), HostTensor.of(new int[] {3}));
    JvpResult<Pair<Tensor, Tensor>> push =
        Engram.jvp(f, at, new In(f64(10, 100), HostTensor.of(new int[] {0})));
    assertArrayEquals(new double[] {3, 12}, values(push.value().first()));
    assertArrayEquals(new double[] {60, 1200}, values(push.tangent().first()));
    assertEquals(4, item(push.value().second()));
    assertEquals(0, item(push.tangent().second()));
    VjpResult<In, Pair<Tensor, Tensor>> pull = Engram.vjp(f, at);
    In ct = pull.pullback().apply(new Pair<>(f64(1, 10), HostTensor.of(new int[] {0})));
    assertArrayEquals(new double[] {6, 120}, values(ct.x));
    assertEquals(DType.I32, ct.n.dtype());
    String e =
        assertThrows(
                TypeException.class,
                () -> pull.pullback().apply(new Pair<>(f64(1), HostTensor.of(new int[] {0}))))
            .getMessage();
    assertTrue(e.contains("the cotangent.first has type f64[1], expected f64[2]"), e);
  }

  @Test
  void statesAreSetOnceByAVjp() {
    State n = State.other(scalar(0));
    VjpResult<Tensor, Tensor> pull =
        Engram.vjp(
            x -> {
              n.set(n.value().add(1));
              return x.mul(n.value());
            },
            scalar(5));
    assertEquals(5, item(pull.value()));
    assertEquals(1, item(pull.pullback().apply(scalar(1))));
    assertEquals(1, item(pull.pullback().apply(scalar(1))));
    assertEquals(1, item(n.value()));
  }

  @Test
  void jacobianAndHessian() {
    Fn1<Tensor, Tensor> f =
        x -> Tensor.stack(0, List.of(x.get(0).mul(x.get(1)), x.get(1).square(), x.sum()));
    Tensor j = Engram.jacobian(f).apply(f64(2, 3));
    assertEquals(Shape.of(3, 2), j.shape());
    assertArrayEquals(new double[] {3, 2, 0, 6, 1, 1}, values(j));
    Tensor h = Engram.jit(Engram.hessian(x -> x.get(0).square().mul(x.get(1)))).apply(f64(2, 3));
    assertArrayEquals(new double[] {6, 4, 4, 0}, values(h), 1e-12);
  }

  @Test
  void customJvpReplacesTheDerivative() {
    State scale = State.other(scalar(2));
    Fn1<Tensor, Tensor> f =
        Engram.customJvp(
            x -> x.gt(0).cast(DType.F64).mul(scale.value()),
            (x, dx) ->
                new Pair<>(
                    x.gt(0).cast(DType.F64).mul(scale.value()),
                    dx.mul(x.abs().neg().add(1).max(x.like(0)).mul(0.3))));
    assertEquals(2, item(f.apply(scalar(0.25))));
    assertEquals(0.3 * 0.75, item(Engram.grad(f).apply(scalar(0.25))), 1e-15);
    assertEquals(0.3 * 0.75, item(Engram.jvp(f, scalar(-0.25), scalar(1)).tangent()), 1e-15);
    assertArrayEquals(
        new double[] {0.3 * 0.5, 0, 0.3},
        values(Engram.jit(Engram.vmap(Engram.grad(f))).apply(f64(0.5, 3, 0))),
        1e-15);
  }

  @Test
  void customVjpReplacesTheDerivative() {
    Fn1<Tensor, Tensor> clipped =
        Engram.customVjp(
            Tensor::square,
            x -> new Pair<>(x.square(), x),
            (x, ct) -> x.mul(2).mul(ct).clip(-1, 1));
    assertEquals(9, item(clipped.apply(scalar(3))));
    assertEquals(1, item(Engram.grad(clipped).apply(scalar(3))));
    assertEquals(0.5, item(Engram.grad(clipped).apply(scalar(0.25))));
    // Outer traced values reach the rule; their gradient is zero.
    Fn2<Tensor, Tensor, Tensor> outer =
        (x, c) ->
            Engram.customVjp(
                    (Tensor y) -> y.mul(c),
                    y -> new Pair<>(y.mul(c), List.of()),
                    (_, ct) -> ct.mul(c).mul(10))
                .apply(x);
    assertEquals(40, item(Engram.grad(outer).apply(scalar(3), scalar(4))));
    assertEquals(0, item(Engram.grad((Tensor c) -> outer.apply(scalar(3), c)).apply(scalar(4))));
    assertArrayEquals(
        new double[] {40, 50}, values(Engram.vmap(Engram.grad(outer)).apply(f64(1, 2), f64(4, 5))));
  }

  @Test
  void customRulesRefuseWhatDoesNotFit() {
    State s = State.other(scalar(1));
    Fn1<Tensor, Tensor> writes =
        Engram.customVjp(
            (Tensor x) -> {
              s.set(x);
              return x;
            },
            x -> new Pair<>(x, x),
            (x, ct) -> ct);
    assertThrows(TraceException.class, () -> Engram.jit(writes).apply(scalar(1)));
    Fn1<Tensor, Tensor> wrong =
        Engram.customVjp((Tensor x) -> x.sum(), x -> new Pair<>(x.sum(), x), (x, ct) -> ct);
    String e =
        assertThrows(TypeException.class, () -> Engram.jit(wrong).apply(f64(1, 2))).getMessage();
    assertTrue(e.contains("backward function's result has type f64[], expected f64[2]"), e);
  }
}
