package dev.engram.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import org.junit.jupiter.api.Test;

class ScanTransformTest {
  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor scalar(double v) {
    return HostTensor.of(new double[] {v});
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  @Test
  void scansForwardAndBack() {
    Fn2<Tensor, Tensor, StepResult<Tensor, Tensor>> sum =
        (c, x) -> new StepResult<>(c.add(x), c.mul(x));
    StepResult<Tensor, Tensor> r = Engram.scan(sum, scalar(1), f64(2, 3, 4));
    assertEquals(10, r.carry().host().item());
    assertArrayEquals(new double[] {2, 9, 24}, values(r.out()));
    StepResult<Tensor, Tensor> back = Engram.scanReverse(sum, scalar(1), f64(2, 3, 4));
    assertEquals(10, back.carry().host().item());
    assertArrayEquals(new double[] {16, 15, 4}, values(back.out()));
    StepResult<Tensor, Tensor> jitted =
        Engram.jit((Tensor c, Tensor xs) -> Engram.scan(sum, c, xs)).apply(scalar(1), f64(2, 3, 4));
    assertArrayEquals(values(r.out()), values(jitted.out()));
  }

  @Test
  void scansByLength() {
    StepResult<Tensor, Tensor> r =
        Engram.scan((Tensor c) -> new StepResult<>(c.mul(2), c), scalar(1), 4);
    assertEquals(16, r.carry().host().item());
    assertArrayEquals(new double[] {1, 2, 4, 8}, values(r.out()));
    assertEquals(0, Engram.forLoop(() -> scalar(1), 0).dim(0));
  }

  @Test
  void statesWrittenAreCarriedAndStatesReadAreConstants() {
    State h = State.hidden(() -> scalar(0));
    State w = State.parameter(scalar(2));
    h.init();
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor xs) ->
                Engram.forLoop(
                    x -> {
                      h.set(h.value().mul(w.value()).add(x));
                      return h.value();
                    },
                    xs));
    assertArrayEquals(new double[] {1, 3, 7}, values(f.apply(f64(1, 1, 1))));
    assertEquals(7, h.value().host().item());
    assertArrayEquals(new double[] {15}, values(f.apply(f64(1))));
  }

  @Test
  void aNestedLoopThreadsStatesThroughBoth() {
    State n = State.other(scalar(0));
    Engram.forLoop(
        x ->
            Engram.forLoop(
                y -> {
                  n.set(n.value().add(x.mul(y)));
                  return y;
                },
                f64(1, 10)),
        f64(1, 2, 3));
    assertEquals(66, n.value().host().item());
  }

  @Test
  void aStateFirstSetInTheBodyNeedsNoStart() {
    State last = State.of(State.Kind.OTHER, () -> scalar(0));
    Engram.forLoop(
        x -> {
          last.set(x.mul(3));
          return x;
        },
        f64(1, 2));
    assertEquals(6, last.value().host().item());
  }

  @Test
  void usesOuterTracedValues() {
    Fn2<Tensor, Tensor, Tensor> f =
        Engram.jit((Tensor a, Tensor xs) -> Engram.forLoop(x -> x.mul(a), xs));
    assertArrayEquals(new double[] {5, 10}, values(f.apply(scalar(5), f64(1, 2))));
  }

  @Test
  void aChangedTypeIsAnError() {
    State h = State.other(scalar(0));
    String state =
        assertThrows(
                TypeException.class,
                () ->
                    Engram.forLoop(
                        x -> {
                          h.set(HostTensor.of(new double[] {1, 2}, 2));
                          return x;
                        },
                        f64(1)))
            .getMessage();
    assertTrue(state.contains("to f64[2], expected f64[]"), state);
    assertTrue(state.contains("ScanTransformTest.java:"), state);
    String carry =
        assertThrows(
                TypeException.class,
                () ->
                    Engram.scan(
                        (Tensor c, Tensor x) -> new StepResult<>(c.cast(DType.F32), x),
                        scalar(0),
                        f64(1)))
            .getMessage();
    assertTrue(carry.contains("the carry as f32[], expected f64[]"), carry);
    String lengths =
        assertThrows(
                TypeException.class,
                () -> Engram.forLoop((x, y) -> x.add(y), f64(1, 2), f64(1, 2, 3)))
            .getMessage();
    assertTrue(lengths.contains("forLoop: zs has type f64[3], expected length 2"), lengths);
    assertThrows(EngramException.class, () -> Engram.forLoop(() -> scalar(1), -1));
  }

  @Test
  void condPicksABranchAndKeepsUnsetStates() {
    State s = State.other(scalar(1));
    State t = State.other(scalar(2));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) ->
                Engram.cond(
                    x.gt(0),
                    y -> {
                      s.set(s.value().add(y));
                      return y.mul(t.value());
                    },
                    y -> {
                      t.set(y);
                      return y;
                    },
                    x));
    assertEquals(6, f.apply(scalar(3)).host().item());
    assertEquals(4, s.value().host().item());
    assertEquals(2, t.value().host().item());
    assertEquals(-5, f.apply(scalar(-5)).host().item());
    assertEquals(4, s.value().host().item());
    assertEquals(-5, t.value().host().item());
    assertEquals(1, Engram.cond(scalar(1).gt(0), () -> scalar(1), () -> scalar(2)).host().item());
  }

  @Test
  void condBranchesMustAgree() {
    String types =
        assertThrows(
                TypeException.class,
                () -> Engram.cond(scalar(1).gt(0), () -> scalar(1), () -> f64(1, 2)))
            .getMessage();
    assertTrue(types.contains("false branch returns result as f64[2], expected f64[]"), types);
    String pred =
        assertThrows(
                TypeException.class, () -> Engram.cond(scalar(1), () -> scalar(1), () -> scalar(2)))
            .getMessage();
    assertTrue(pred.contains("the condition has type f64[], expected bool[]"), pred);
  }
}
