package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ControlFlowTest {
  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor scalar(double v) {
    return HostTensor.of(new double[] {v});
  }

  private static Tensor i32(int... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor index(int v) {
    return HostTensor.of(new int[] {v});
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  private record Pow(Tensor x, Map<String, List<Tensor>> rest) {}

  /** x doubled until it is at least 100. */
  private static Tensor doubled(Tensor x) {
    return Engram.whileLoop(y -> y.lt(100), y -> y.mul(2), x, 10);
  }

  @Test
  void loopsWhileTheConditionHolds() {
    assertEquals(128, doubled(scalar(1)).host().item());
    assertEquals(100, doubled(scalar(100)).host().item(), "no step");
    assertEquals(128, Engram.jit(ControlFlowTest::doubled).apply(scalar(4)).host().item());
    assertEquals(0.0009765625 * 1024, doubled(scalar(0.0009765625)).host().item(), "the bound");
    Tensor unbounded = Engram.whileLoop(y -> y.lt(1e9), y -> y.mul(2), scalar(1));
    assertEquals(1073741824, unbounded.host().item());
  }

  @Test
  void aBoundedLoopHasAReverseDerivative() {
    Fn1<Tensor, Tensor> d = Engram.grad(ControlFlowTest::doubled);
    assertEquals(128, d.apply(scalar(1)).host().item());
    assertEquals(2, d.apply(scalar(60)).host().item());
    assertEquals(1, d.apply(scalar(150)).host().item());
    Fn1<Tensor, Tensor> cubed =
        x ->
            Engram.whileLoop(
                    c -> c.get(1).lt(2.5),
                    c -> List.of(c.get(0).mul(x), c.get(1).add(1)),
                    List.of(x, x.like(1)),
                    5)
                .getFirst();
    assertEquals(8, cubed.apply(scalar(2)).host().item());
    assertEquals(12, Engram.grad(cubed).apply(scalar(2)).host().item());
    assertEquals(12, Engram.grad(Engram.grad(cubed)).apply(scalar(2)).host().item(), "6x");
  }

  @Test
  void anyLoopHasAForwardDerivative() {
    Fn1<Tensor, Tensor> f = x -> Engram.whileLoop(y -> y.lt(100), y -> y.mul(y), x);
    // 3, 9, 81, 6561 = x⁸
    JvpResult<Tensor> p = Engram.jvp(f, scalar(3), scalar(1));
    assertEquals(6561, p.value().host().item());
    assertEquals(8 * 2187, p.tangent().host().item());
    String error =
        assertThrows(RuntimeException.class, () -> Engram.grad(f).apply(scalar(3))).getMessage();
    assertTrue(error.contains("give the loop a bound"), error);
    assertTrue(error.contains("ControlFlowTest.java:"), error);
  }

  @Test
  void everyExampleOfABatchStopsAtItsOwnStep() {
    Tensor x = f64(1, 60, 150, 3);
    double[] want = {128, 120, 150, 192};
    assertArrayEquals(want, values(Engram.vmap(ControlFlowTest::doubled).apply(x)));
    assertArrayEquals(
        new double[] {128, 2, 1, 64},
        values(Engram.vmap(Engram.grad(ControlFlowTest::doubled)).apply(x)));
    assertArrayEquals(
        new double[] {128, 2, 1, 64},
        values(
            Engram.grad((Tensor all) -> Engram.vmap(ControlFlowTest::doubled).apply(all).sum())
                .apply(x)));
    Fn2<Tensor, Tensor, Tensor> toLimit =
        (y, limit) -> Engram.whileLoop(z -> z.lt(limit), z -> z.add(1), y);
    assertArrayEquals(
        new double[] {3, 5},
        values(Engram.vmap(toLimit, Axes.in(Axes.NONE, 0)).apply(scalar(0), f64(3, 5))));
  }

  @Test
  void statesAreReadAndWrittenInLoops() {
    State n = State.other(scalar(0));
    State step = State.parameter(scalar(3));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            x ->
                Engram.whileLoop(
                    y -> y.lt(10).and(n.value().lt(100)),
                    y -> {
                      n.set(n.value().add(1));
                      return y.add(step.value());
                    },
                    x));
    assertEquals(12, f.apply(scalar(0)).host().item());
    assertEquals(4, n.value().host().item());
    assertEquals(11, f.apply(scalar(8)).host().item());
    assertEquals(5, n.value().host().item());
    n.set(scalar(200));
    assertEquals(8, f.apply(scalar(8)).host().item());
  }

  @Test
  void loopsNest() {
    Fn1<Tensor, Tensor> f =
        xs ->
            Engram.forLoop(
                x ->
                    Engram.whileLoop(
                        y -> y.lt(20), y -> Engram.forLoop(0, 2, (i, z) -> z.mul(x), y), x, 6),
                xs);
    assertArrayEquals(new double[] {32, 27, 25}, values(f.apply(f64(2, 3, 25))));
    // 2⁵, 3³ and the identity
    assertArrayEquals(
        new double[] {80, 27, 1},
        values(Engram.grad((Tensor xs) -> f.apply(xs).sum()).apply(f64(2, 3, 25))));
  }

  @Test
  void carriesAreStructures() {
    Pow start = new Pow(scalar(2), Map.of("n", List.of(index(0), scalar(1))));
    Pow end =
        Engram.whileLoop(
            p -> p.rest().get("n").getFirst().lt(5),
            p ->
                new Pow(
                    p.x(),
                    Map.of(
                        "n",
                        List.of(
                            p.rest().get("n").get(0).add(1), p.rest().get("n").get(1).mul(p.x())))),
            start);
    assertEquals(32, end.rest().get("n").get(1).host().item());
  }

  @Test
  void forLoopCounts() {
    Tensor sum = Engram.forLoop(3, 6, (i, c) -> c.add(i.cast(c.dtype())), scalar(100));
    assertEquals(112, sum.host().item());
    assertEquals(7, Engram.forLoop(2, 2, (i, c) -> c.mul(0), scalar(7)).host().item());
    String error =
        assertThrows(RuntimeException.class, () -> Engram.forLoop(2, 1, (i, c) -> c, scalar(7)))
            .getMessage();
    assertTrue(error.contains("from 2 to 1") && error.contains("ControlFlowTest.java:"), error);
    assertArrayEquals(new double[] {1, 4}, values(Engram.map(Tensor::square, f64(1, 2))));
  }

  private static Tensor chosen(Tensor i, Tensor x) {
    return Engram.switchCase(i, List.of(y -> y.mul(2), Tensor::square, y -> y.mul(y).mul(y)), x);
  }

  @Test
  void switchesOnAnIndex() {
    double[] want = {10, 10, 25, 125, 125};
    for (int i = -1; i < 4; i++) {
      assertEquals(want[i + 1], chosen(index(i), scalar(5)).host().item(), "index " + i);
    }
    Fn2<Tensor, Tensor, Tensor> f = Engram.jit(ControlFlowTest::chosen);
    assertEquals(25, f.apply(index(1), scalar(5)).host().item());
    assertArrayEquals(
        new double[] {125, 10, 25},
        values(
            Engram.vmap(ControlFlowTest::chosen, Axes.in(0, Axes.NONE))
                .apply(i32(2, 0, 1), scalar(5))));
    assertEquals(75, Engram.grad((Tensor x) -> chosen(index(2), x)).apply(scalar(5)).host().item());
    State s = State.other(scalar(1));
    Tensor r =
        Engram.switchCase(
            index(1),
            List.<Fn0<Tensor>>of(
                () -> scalar(0),
                () -> {
                  s.set(s.value().add(4));
                  return s.value();
                }));
    assertEquals(5, r.host().item());
    assertEquals(5, s.value().host().item());
  }

  private static String failure(Fn0<?> f) {
    String message = assertThrows(RuntimeException.class, f::apply).getMessage();
    assertTrue(message.contains("ControlFlowTest.java:"), message);
    return message;
  }

  @Test
  void errorsSayWhatAndWhere() {
    String type = failure(() -> Engram.whileLoop(x -> x.lt(1), x -> x.cast(DType.F32), scalar(0)));
    assertTrue(
        type.contains("whileLoop: the body returns the carry as f32[], expected f64[]"), type);
    String holds = failure(() -> Engram.whileLoop(x -> x, x -> x, scalar(0)));
    assertTrue(holds.contains("the condition returns [f64[]], expected one bool[]"), holds);
    String vector = failure(() -> Engram.whileLoop(x -> x.lt(1), x -> x, f64(0, 1)));
    assertTrue(vector.contains("reduce with .any() or .all()"), vector);
    State s = State.other(scalar(0));
    String writes =
        failure(
            () ->
                Engram.whileLoop(
                    x -> {
                      s.set(x);
                      return x.lt(1);
                    },
                    x -> x,
                    scalar(0)));
    assertTrue(writes.contains("the condition sets state"), writes);
    State empty = State.of(State.Kind.OTHER, () -> scalar(0));
    String none =
        failure(
            () ->
                Engram.whileLoop(
                    x -> x.lt(1),
                    x -> {
                      empty.set(x);
                      return x.add(1);
                    },
                    scalar(0)));
    assertTrue(none.contains("has no value before"), none);
    String bound = failure(() -> Engram.whileLoop(x -> x.lt(1), x -> x, scalar(0), -1));
    assertTrue(bound.contains("the bound is -1"), bound);
    String index = failure(() -> Engram.switchCase(scalar(0), List.of(x -> x), scalar(1)));
    assertTrue(index.contains("switchCase: the index has type f64[]"), index);
    String branches =
        failure(
            () -> Engram.switchCase(index(0), List.of(x -> x, x -> x, x -> x.lt(1)), scalar(1)));
    assertTrue(
        branches.contains("branch 2 returns result as bool[], expected f64[] as in branch 1"),
        branches);
    String none2 = failure(() -> Engram.switchCase(index(0), List.<Fn0<Tensor>>of()));
    assertTrue(none2.contains("no branches"), none2);
  }
}
