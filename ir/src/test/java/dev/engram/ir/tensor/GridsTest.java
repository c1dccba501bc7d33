package dev.engram.ir.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.TypeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class GridsTest {
  private static void check(DType dtype, Tensor got, double tolerance, double... want) {
    assertEquals(TensorType.of(dtype, want.length), got.type());
    assertArrayEquals(want, got.host().toDoubles(), tolerance);
  }

  /** The numbers of numpy 2, whose steps are rounded in another order. */
  @Test
  void numbersAreThoseOfNumpy() {
    double near = 2e-16;
    check(
        DType.F64,
        Tensor.arange(DType.F64, 0, 1, 0.1),
        near,
        0.0,
        0.1,
        0.2,
        0.30000000000000004,
        0.4,
        0.5,
        0.6000000000000001,
        0.7000000000000001,
        0.8,
        0.9);
    check(DType.F64, Tensor.arange(DType.F64, 1, 1.3, 0.1), 2 * near, 1, 1.1, 1.2, 1.3);
    check(DType.F64, Tensor.arange(DType.F64, 5, 0, -1.5), 0, 5, 3.5, 2, 0.5);
    check(
        DType.F64,
        Tensor.linspace(DType.F64, -1, 1, 8),
        near,
        -1,
        -0.7142857142857143,
        -0.4285714285714286,
        -0.1428571428571429,
        0.1428571428571428,
        0.4285714285714284,
        0.7142857142857142,
        1);
    check(DType.F64, Tensor.linspace(DType.F64, 0.1, 0.1, 3), 0, 0.1, 0.1, 0.1);
    check(DType.F64, Tensor.linspace(DType.F64, 3, 1, 1), 0, 3);
    check(DType.I8, Tensor.arange(DType.I8, -7, 8, 4), 0, -7, -3, 1, 5);
    check(
        DType.F32,
        Tensor.linspace(DType.F32, 0, 1, 7),
        0,
        0,
        0.1666666716337204,
        0.3333333432674408,
        0.5,
        0.6666666865348816,
        0.8333333134651184,
        1);
  }

  @Test
  void integersAreExact() {
    check(DType.I32, Tensor.arange(4), 0, 0, 1, 2, 3);
    check(DType.I32, Tensor.arange(0), 0);
    check(DType.U8, Tensor.arange(DType.U8, 255, 250, -2), 0, 255, 253, 251);
    check(DType.F16, Tensor.arange(DType.F16, 2047, 2050, 1), 0, 2047, 2048, 2048);
    check(DType.BF16, Tensor.arange(DType.BF16, 1, 0, 1), 0);
    check(DType.I64, Tensor.arange(DType.I64, 5, 5, -1), 0);
    long big = Long.MAX_VALUE;
    long[] ends = {big - 3, big - 1};
    assertArrayEquals(ends, Tensor.arange(DType.I64, big - 3, big, 2).host().toLongs());
    long[] wide = {Long.MIN_VALUE, -1, big - 1};
    assertArrayEquals(wide, Tensor.arange(DType.I64, Long.MIN_VALUE, big, big).host().toLongs());
  }

  @Test
  void endsAreExact() {
    for (DType dtype : List.of(DType.F16, DType.BF16, DType.F32, DType.F64)) {
      for (int n : new int[] {2, 3, 10, 49, 1001}) {
        HostTensor x = Tensor.linspace(dtype, 0.1, 0.7, n).host();
        assertEquals(dtype.toDouble(dtype.bitsOf(0.1)), x.getDouble(0));
        assertEquals(dtype.toDouble(dtype.bitsOf(0.7)), x.getDouble(n - 1));
        for (int i = 1; i < n; i++) {
          assertTrue(x.getDouble(i - 1) <= x.getDouble(i));
        }
      }
    }
  }

  @Test
  void gridsAreCoordinates() {
    HostTensor x = HostTensor.of(new double[] {1, 2}, 2);
    HostTensor y = HostTensor.of(new int[] {3, 4, 5}, 3);
    List<Tensor> grid = Tensor.meshgrid(x, y);
    assertEquals(TensorType.of(DType.F64, 2, 3), grid.get(0).type());
    assertEquals(TensorType.of(DType.I32, 2, 3), grid.get(1).type());
    assertArrayEquals(new double[] {1, 1, 1, 2, 2, 2}, grid.get(0).host().toDoubles());
    assertArrayEquals(new long[] {3, 4, 5, 3, 4, 5}, grid.get(1).host().toLongs());
    assertEquals(List.of(), Tensor.meshgrid());
    Trace trace = new Trace("grid");
    Tensor in = trace.input(TensorType.of(DType.F32, 4), Role.INPUT, "in");
    trace.run(
        () -> {
          assertEquals(TensorType.of(DType.F32, 2, 4), Tensor.meshgrid(x, in).get(1).type());
          return List.of(trace.lift(in));
        });
  }

  @Test
  void badNumbersAreRefused() {
    HostTensor x = HostTensor.of(new double[] {1, 2}, 2);
    double huge = Double.MAX_VALUE;
    List<Runnable> wrong =
        List.of(
            () -> Tensor.arange(-1),
            () -> Tensor.arange(DType.I8, 0, 129, 1),
            () -> Tensor.arange(DType.U8, 3, -2, -1),
            () -> Tensor.arange(DType.BOOL, 0, 2, 1),
            () -> Tensor.arange(DType.I32, 0, 2, 0),
            () -> Tensor.arange(DType.I32, 0, 2, 0.5),
            () -> Tensor.arange(DType.F32, 0, 2, 0.0),
            () -> Tensor.arange(DType.F32, 0, Double.NaN, 1),
            () -> Tensor.arange(DType.F32, 0, Double.POSITIVE_INFINITY, 1),
            () -> Tensor.arange(DType.F32, 0, 1, 1e-300),
            () -> Tensor.arange(DType.I64, Long.MIN_VALUE, Long.MAX_VALUE, 1),
            () -> Tensor.linspace(DType.I32, 0, 2, 3),
            () -> Tensor.linspace(DType.F32, 0, 2, 0),
            () -> Tensor.linspace(DType.F32, 0, Double.NaN, 2),
            () -> Tensor.linspace(DType.F64, -huge, huge, 2),
            () -> Tensor.meshgrid(x, x.reshape(1, 2)));
    for (int i = 0; i < wrong.size(); i++) {
      Runnable r = wrong.get(i);
      String e = assertThrows(TypeException.class, r::run, "row " + i).getMessage();
      assertTrue(e.contains("expected") && e.contains("(GridsTest.java:"), e);
    }
  }
}
