package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.nn.GruCell;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scans over long sequences: side by side, and with few residuals. */
class LongScansTest {
  private static Tensor normal(int seed, int... dims) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(dims), DType.F64);
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  /** {@code h ← a h + b} as pairs (a, b). */
  private static Pair<Tensor, Tensor> then(Pair<Tensor, Tensor> x, Pair<Tensor, Tensor> y) {
    return new Pair<>(x.first().mul(y.first()), y.first().mul(x.second()).add(y.second()));
  }

  private static Tensor recurrence(Pair<Tensor, Tensor> xs) {
    return Engram.scan(
            (Tensor h, Pair<Tensor, Tensor> x) -> {
              Tensor next = x.first().mul(h).add(x.second());
              return new StepResult<>(next, next);
            },
            normal(0, 3).like(0),
            xs)
        .out();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100})
  void prefixesAreThoseOfALoop(int n) {
    Pair<Tensor, Tensor> xs = new Pair<>(normal(1, n, 3).sigmoid(), normal(2, n, 3));
    Tensor want = recurrence(xs);
    Tensor got = Engram.associativeScan(LongScansTest::then, xs).second();
    assertArrayEquals(values(want), values(got), 1e-12);
    Tensor compiled =
        Engram.jit(
                (Pair<Tensor, Tensor> p) -> Engram.associativeScan(LongScansTest::then, p).second())
            .apply(xs);
    assertArrayEquals(values(want), values(compiled), 1e-12);
    Tensor back =
        Engram.associativeScanReverse(LongScansTest::then, Tree.map(t -> t.reverse(0), xs))
            .second();
    assertArrayEquals(values(want.reverse(0)), values(back), 1e-12);
  }

  @Test
  void combinationsNeedNotCommute() {
    Tensor xs = normal(3, 6, 2, 2);
    Tensor got = Engram.associativeScan((Tensor a, Tensor b) -> a.matmul(b), xs);
    Tensor want = xs.get(0);
    for (int i = 1; i < 6; i++) {
      want = want.matmul(xs.get(i));
      assertArrayEquals(values(want), values(got.get(i)), 1e-12);
    }
  }

  @Test
  void derivativesAndBatchesGoThrough() {
    Fn1<Pair<Tensor, Tensor>, Tensor> wide =
        p -> Engram.associativeScan(LongScansTest::then, p).second().square().sum();
    Fn1<Pair<Tensor, Tensor>, Tensor> loop = p -> recurrence(p).square().sum();
    Pair<Tensor, Tensor> xs = new Pair<>(normal(1, 13, 3).sigmoid(), normal(2, 13, 3));
    Pair<Tensor, Tensor> want = Engram.grad(loop).apply(xs);
    Pair<Tensor, Tensor> got = Engram.grad(wide).apply(xs);
    assertArrayEquals(values(want.first()), values(got.first()), 1e-11);
    assertArrayEquals(values(want.second()), values(got.second()), 1e-11);
    Pair<Tensor, Tensor> batch = new Pair<>(normal(4, 2, 13, 3).sigmoid(), normal(5, 2, 13, 3));
    assertArrayEquals(
        values(Engram.map(loop, batch)), values(Engram.vmap(wide).apply(batch)), 1e-11);
  }

  @Test
  void whatDoesNotCombineToAnElementIsNamed() {
    TypeException e =
        assertThrows(
            TypeException.class,
            () -> Engram.associativeScan((Tensor a, Tensor b) -> a.sum(), normal(1, 4, 3)));
    assertTrue(
        e.getMessage()
            .contains(
                "combine to [it: f64[]], expected the structure and types of an"
                    + " element, [it: f64[3]]"),
        e.getMessage());
    assertTrue(e.getMessage().contains("LongScansTest.java:"), e.getMessage());
  }

  private static Fn1<Tensor, Grads> gradient(boolean checkpoints, int every) {
    GruCell cell = new GruCell(2, 4, RandomKey.of(1), DType.F64);
    cell.initAllStates();
    States weights = cell.states().subset(State.Kind.PARAMETER);
    Fn2<Tensor, Tensor, StepResult<Tensor, Tensor>> body =
        (sum, x) -> {
          Tensor h = cell.update(x);
          return new StepResult<>(sum.add(h.square().sum()), h.sum());
        };
    return xs ->
        Engram.grad(
                () -> {
                  cell.initAllStates();
                  Tensor zero = HostTensor.of(new double[1]).like(0);
                  StepResult<Tensor, Tensor> done =
                      checkpoints
                          ? every == 0
                              ? Engram.checkpointedScan(body, zero, xs)
                              : Engram.checkpointedScan(body, zero, xs, every)
                          : Engram.scan(body, zero, xs);
                  return done.carry().add(done.out().sum());
                },
                weights)
            .apply();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 10, 40})
  void checkpointsChangeNoGradient(int every) {
    Tensor xs = normal(6, 10, 2);
    Grads want = gradient(false, 0).apply(xs);
    Grads got = gradient(true, every).apply(xs);
    Grads compiled = Engram.jit(gradient(true, every)).apply(xs);
    for (String path : want.paths()) {
      assertArrayEquals(values(want.get(path)), values(got.get(path)), 1e-12, path);
      assertArrayEquals(values(want.get(path)), values(compiled.get(path)), 1e-12, path);
    }
  }

  private static long bytes(boolean checkpoints, int steps) {
    Tensor xs = normal(6, steps, 2);
    Jitted.Of1<Tensor, Grads> f = Engram.jit(gradient(checkpoints, 0));
    return f.trace(xs).lower().memory().working();
  }

  @Test
  void memoryGrowsWithTheRoot() {
    long plain = bytes(false, 1600) - bytes(false, 100);
    long few = bytes(true, 1600) - bytes(true, 100);
    assertTrue(few < plain / 4, plain + " against " + few);
  }
}
