package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.lower.LoopProgram;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The elementary functions: their worst error, their edges, and the same bits in vectors. */
final class LaneMathTest {
  private static final int N = 1 << 14;

  /** Largest error in ulp for f32 and f64. The f64 oracle is itself up to 1 ulp off. */
  private record Bound(ElementwiseRow row, double f32, double f64) {}

  private static final List<Bound> BOUNDS =
      List.of(
          new Bound(Rows.EXP, 1, 1.5),
          new Bound(Rows.EXPM1, 1.6, 2.5),
          new Bound(Rows.LOG, 1, 1.5),
          new Bound(Rows.LOG1P, 1, 1.5),
          new Bound(Rows.TANH, 2.5, 3.5),
          new Bound(Rows.SIGMOID, 2.5, 2.5),
          new Bound(Rows.SOFTPLUS, 2, 2.5),
          new Bound(Rows.SQRT, 0.5, 0),
          new Bound(Rows.SIN, 1, 1.5),
          new Bound(Rows.COS, 1, 1.5));

  private static final Map<ElementwiseRow, DoubleUnaryOperator> ORACLE =
      Map.of(
          Rows.EXP, StrictMath::exp,
          Rows.EXPM1, StrictMath::expm1,
          Rows.LOG, StrictMath::log,
          Rows.LOG1P, StrictMath::log1p,
          Rows.TANH, StrictMath::tanh,
          Rows.SIGMOID, LaneMathTest::sigmoid,
          Rows.SOFTPLUS, x -> Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x))),
          Rows.SQRT, StrictMath::sqrt,
          Rows.SIN, StrictMath::sin,
          Rows.COS, StrictMath::cos);

  private static double sigmoid(double x) {
    double e = StrictMath.exp(-Math.abs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
  }

  private static final double[] SPECIAL = {
    0,
    -0.0,
    1,
    -1,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    1e-310,
    -1e-310,
    1e-40,
    -1e-40,
    710,
    -746,
    709.7,
    -709,
    88.7,
    88.8,
    -103.9,
    -104.5,
    1e300,
    -1e300,
    1e38,
    -1e38,
    0.5,
    -0.5,
    Math.PI,
    Math.PI / 2,
    0.9999999,
    -0.9999999,
    1e5,
    100_001,
    1e9,
    1.5e9
  };

  private static HostTensor samples(DType dtype, Random random) {
    HostTensor t = HostTensor.allocate(TensorType.of(dtype, N));
    for (int i = 0; i < N; i++) {
      double x =
          i < SPECIAL.length
              ? SPECIAL[i]
              : switch (i % 6) {
                case 0 -> random.nextGaussian();
                case 1 -> random.nextGaussian() * 20;
                case 2 -> random.nextGaussian() * 300;
                case 3 ->
                    dtype == DType.F64
                        ? Double.longBitsToDouble(random.nextLong())
                        : Float.intBitsToFloat(random.nextInt());
                case 4 -> Math.scalb(random.nextGaussian(), random.nextInt(60) - 50);
                default -> 1 + random.nextGaussian() * 0.3;
              };
      t.setDouble(i, x);
    }
    return t;
  }

  private static double ulps(DType dtype, double got, double want) {
    double w = dtype == DType.F32 ? (float) want : want;
    if (Double.compare(got, w) == 0) {
      return 0;
    }
    if (Double.isNaN(got) || Double.isNaN(w) || Double.isInfinite(got) || Double.isInfinite(w)) {
      return Double.POSITIVE_INFINITY;
    }
    double ulp = dtype == DType.F32 ? Math.ulp((float) want) : Math.ulp(want);
    return Math.abs(got - want) / ulp;
  }

  private static double worst(ElementwiseRow row, DType dtype, DoubleUnaryOperator oracle) {
    LoopProgram p = Programs.map(row, dtype, dtype, N);
    HostTensor x = samples(dtype, new Random(11));
    HostTensor y =
        Comparison.run(new CpuBackend(new CpuOptions(1, Vectors.OFF)).compile(p), p, List.of(x))
            .getFirst();
    for (Vectors v : new Vectors[] {Vectors.FORCE_128, Vectors.FORCE_256, Vectors.FORCE_512}) {
      Comparison.same(
          p,
          List.of(y),
          Comparison.run(new CpuBackend(new CpuOptions(1, v)).compile(p), p, List.of(x)));
    }
    double worst = 0;
    for (int i = 0; i < N; i++) {
      double e = ulps(dtype, y.getDouble(i), oracle.applyAsDouble(x.getDouble(i)));
      if (e > 100) {
        throw new AssertionError(
            row + "(" + x.getDouble(i) + ") = " + y.getDouble(i) + " in " + dtype);
      }
      worst = Math.max(worst, e);
    }
    return worst;
  }

  @Test
  void errorsAreBounded() {
    for (Bound b : BOUNDS) {
      DoubleUnaryOperator oracle = ORACLE.get(b.row);
      double single = worst(b.row, DType.F32, oracle);
      assertTrue(single <= b.f32, b.row + " f32: " + single + " ulp");
      double wide = worst(b.row, DType.F64, oracle);
      assertTrue(wide <= b.f64, b.row + " f64: " + wide + " ulp");
    }
  }

  @Test
  void aWrongFunctionIsFarOff() {
    assertTrue(ulps(DType.F32, Math.exp(1.000001), Math.exp(1)) > 5);
    assertEquals(0, ulps(DType.F32, (float) Math.exp(1), Math.exp(1)));
  }
}
