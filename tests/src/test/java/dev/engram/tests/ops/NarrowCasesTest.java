package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ConvWindows;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The functions of {@code docs/COMPOSITES.md} in f16 and bf16: within a unit in the last place, at
 * the largest element, of the value in f64 of the same operands.
 */
class NarrowCasesTest {
  /**
   * Factorizations compute in the type of their operands, so errors accumulate from step to step.
   */
  private static final Set<String> STEPS =
      Set.of(
          "cholesky",
          "choleskyBatch",
          "solveLower",
          "solveUpper",
          "solve",
          "solvePositive",
          "inverse",
          "det",
          "signDet",
          "logDet",
          "luPermutation",
          "qrQ",
          "qrR",
          "qrSquareR");

  @TestFactory
  Stream<DynamicTest> cases() {
    return JaxCases.all().entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getKey(), e.getValue())));
  }

  /** Intermediate results may overflow the type. */
  @Test
  void sumsAndProductsOnTheWayAreWide() {
    Tensor large = HostTensor.of(new double[] {300, 400}, 2).cast(DType.F16);
    Tensor small = HostTensor.of(new double[] {1e-3, 2e-3}, 2).cast(DType.F16);
    double want = 300 * 300 * 1e-3 + 400 * 400 * 2e-3;
    assertEquals(want, Tensor.einsum("i,i,i->", large, large, small).host().item(), want / 500);
    Tensor many = HostTensor.full(TensorType.of(DType.F16, 300), 300);
    double sums = 300 * 300 * 3e-3;
    assertEquals(sums, Tensor.einsum("j,i->", many, small).host().item(), sums / 500);
    Tensor image = HostTensor.full(TensorType.of(DType.F16, 1, 4, 4, 1), 40000);
    for (ConvWindows w : List.of(ConvWindows.valid(), ConvWindows.same())) {
      Tensor means = image.avgPool(new int[] {2, 2}, w);
      assertEquals(40000, means.max().host().item());
      assertEquals(40000, means.min().host().item());
    }
    // one product rounds as it did: no conversions are added
    assertEquals(
        large.matmul(small).host().item(), Tensor.einsum("i,i->", large, small).host().item());
  }

  private static void check(String name, Function<List<Tensor>, Tensor> f) {
    for (DType dtype : List.of(DType.F16, DType.BF16)) {
      List<HostTensor> args =
          JaxOpsTest.args(name).stream()
              .map(a -> a.dtype().isFloat() ? a.cast(dtype).host() : a)
              .toList();
      HostTensor got = f.apply(List.copyOf(args)).host();
      List<Tensor> wide =
          args.stream().<Tensor>map(a -> a.dtype().isFloat() ? a.cast(DType.F64) : a).toList();
      HostTensor want = f.apply(wide).host();
      double step = dtype == DType.F16 ? 0x1p-10 : 0x1p-7;
      double greatest = 0;
      for (long i = 0; i < want.type().size(); i++) {
        double w = Math.abs(want.getDouble(i));
        greatest = Double.isFinite(w) ? Math.max(greatest, w) : greatest;
      }
      double allowed =
          want.dtype().isFloat() ? greatest * step * (STEPS.contains(name) ? 64 : 1) : 0;
      for (long i = 0; i < want.type().size(); i++) {
        double g = got.getDouble(i);
        double w = want.getDouble(i);
        boolean near = Double.compare(g, w) == 0 || Math.abs(g - w) <= allowed;
        assertTrue(near, dtype + " element " + i + " is " + g + ", expected " + w);
      }
    }
  }
}
