package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.Index;
import dev.engram.sparse.Coo;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Indices out of range: known ones are refused, others are clamped or dropped, or checked. */
class CheckedTest {
  private static final Tensor X = HostTensor.of(new double[] {10, 20, 30, 40, 50, 60}, 3, 2);

  /** Each op that takes an index, with the index as its argument. */
  private static final Map<String, Fn1<Tensor, Tensor>> OPS = ops();

  private static Map<String, Fn1<Tensor, Tensor>> ops() {
    Map<String, Fn1<Tensor, Tensor>> all = new TreeMap<>();
    all.put("take", i -> X.take(i, 0));
    all.put("take of axis 1", i -> X.transpose().take(i, 1));
    all.put("takeAlongAxis", i -> X.takeAlongAxis(i.broadcastTo(Shape.of(1, 2)), 0));
    all.put("setAt", i -> X.setAt(0, i, X.get(0)));
    all.put("addAt", i -> X.addAt(0, i, X.get(0)));
    all.put("maxAt", i -> X.maxAt(0, i, X.get(0)));
    all.put(
        "scatterAlongAxis",
        i ->
            X.scatterAlongAxis(
                Index.Combine.ADD, 0, i.broadcastTo(Shape.of(1, 2)), X.slice(0, 0, 1)));
    all.put("dynamicSlice", i -> X.dynamicSlice(new int[] {1, 2}, i, i.like(0)));
    all.put("dynamicUpdate", i -> X.dynamicUpdate(X.slice(0, 0, 1), i, i.like(0)));
    all.put("get", i -> X.get(i));
    return all;
  }

  static List<String> names() {
    return List.copyOf(OPS.keySet());
  }

  private static Tensor index(int i) {
    return HostTensor.of(new int[] {i});
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  @ParameterizedTest
  @MethodSource("names")
  void knownIndicesMustBeInRange(String name) {
    Fn1<Tensor, Tensor> op = OPS.get(name);
    op.apply(index(0));
    op.apply(index(2));
    for (int i : new int[] {-1, 3, 100}) {
      refused(i, () -> op.apply(index(i)));
      Fn1<Tensor, Tensor> constant = Engram.jit((Tensor x) -> op.apply(index(i)).add(x));
      refused(i, () -> constant.apply(HostTensor.of(new double[] {0})));
    }
  }

  private static void refused(int index, Runnable f) {
    EngramException e = assertThrows(EngramException.class, f::run);
    assertTrue(e.getMessage().contains(Integer.toString(index)), e.getMessage());
    assertTrue(e.getMessage().contains(", expected 0 <= "), e.getMessage());
    assertTrue(e.getMessage().contains("CheckedTest.java:"), e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("names")
  void othersAreClampedOrDroppedUnlessChecked(String name) {
    Fn1<Tensor, Tensor> op = OPS.get(name);
    Fn1<Tensor, Tensor> plain = Engram.jit(op);
    boolean drops = name.contains("At") || name.startsWith("scatter");
    assertArrayEquals(
        drops ? values(X) : values(op.apply(index(2))), values(plain.apply(index(7))));
    for (String backend : List.of("interpreter", "loops", "cpu")) {
      if (!Compiler.backends().contains(backend)) {
        continue;
      }
      Fn1<Tensor, Tensor> checked = Engram.jit(new Compiler(backend), Engram.checked(op));
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(values(op.apply(index(i))), values(checked.apply(index(i))));
      }
      for (int i : new int[] {-1, 3, 100}) {
        RunException e = assertThrows(RunException.class, () -> checked.apply(index(i)));
        assertTrue(e.getMessage().contains("= " + i + ", expected 0 <= value < 3"), e.getMessage());
        assertTrue(e.getMessage().contains("CheckedTest.java:"), e.getMessage());
      }
    }
  }

  /** The last position of a window may lie beyond the type of its start. */
  @Test
  void narrowStartsOfBatchesAreWhole() {
    Tensor many = Tensor.arange(300).cast(DType.F64);
    for (DType dtype : List.of(DType.I8, DType.U8, DType.I16, DType.I32, DType.I64)) {
      Tensor starts = HostTensor.of(new int[] {0, 90}, 2).cast(dtype);
      Tensor got = Engram.vmap((Tensor j) -> many.dynamicSlice(new int[] {200}, j)).apply(starts);
      assertEquals(289, got.get(1).host().getDouble(199), dtype.toString());
      Tensor one = Engram.vmap((Tensor j) -> many.get(j)).apply(starts);
      assertEquals(90, one.host().getDouble(1), dtype.toString());
    }
  }

  @Test
  void elementsOfSparseMatricesOutOfRangeAreIgnored() {
    Coo m =
        new Coo(
            HostTensor.of(new double[] {1, 2, 9}, 3),
            HostTensor.of(new int[] {0, 1, 2}, 3),
            HostTensor.of(new int[] {0, 1, 0}, 3),
            2,
            2);
    assertArrayEquals(new double[] {1, 2}, values(m.matmul(HostTensor.of(new double[] {1, 1}, 2))));
  }

  @Test
  void loopsAndGradientsAreCheckedToo() {
    Fn1<Tensor, Tensor> loss =
        is -> Engram.forLoop((Tensor i) -> X.take(i, 0).square().sum(), is).sum();
    Tensor good = HostTensor.of(new int[] {0, 2, 1}, 3);
    Tensor bad = HostTensor.of(new int[] {0, 3, 1}, 3);
    Fn1<Tensor, Tensor> checked = Engram.jit(Engram.checked(loss));
    assertEquals(loss.apply(good).host().item(), checked.apply(good).host().item());
    assertThrows(RunException.class, () -> checked.apply(bad));
    State w = State.parameter(X);
    States weights = new States(Map.of("w", w));
    Fn1<Tensor, Grads> grad =
        Engram.grad((Tensor is) -> w.value().take(is, 0).square().sum(), weights);
    assertThrows(RunException.class, () -> Engram.jit(Engram.checked(grad)).apply(bad));
    assertArrayEquals(
        values(grad.apply(good).get("w")),
        values(Engram.jit(Engram.checked(grad)).apply(good).get("w")));
  }
}
