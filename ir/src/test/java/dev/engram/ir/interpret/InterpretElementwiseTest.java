package dev.engram.ir.interpret;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.math.ElementaryFunctions;
import dev.engram.ir.math.ErrorFunction;
import dev.engram.ir.math.GammaFunction;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows and casts against {@link Math} and against values worked out by hand. */
class InterpretElementwiseTest {
  private static final double[] POINTS = {
    -0.0, 0.0, 0.3, -0.7, 1, 1.5, -2.5, 3, 1e-9, 1e9, Double.NaN, Double.POSITIVE_INFINITY
  };

  private static final Map<ElementwiseRow, DoubleUnaryOperator> UNARY =
      Map.ofEntries(
          Map.entry(Rows.NEG, a -> -a),
          Map.entry(Rows.ABS, Math::abs),
          Map.entry(Rows.SIGN, Math::signum),
          Map.entry(Rows.FLOOR, Math::floor),
          Map.entry(Rows.CEIL, Math::ceil),
          Map.entry(Rows.ROUND, Math::rint),
          Map.entry(Rows.TRUNCATE, a -> Math.copySign(Math.floor(Math.abs(a)), a)),
          Map.entry(Rows.EXP, Math::exp),
          Map.entry(Rows.EXPM1, Math::expm1),
          Map.entry(Rows.LOG, Math::log),
          Map.entry(Rows.LOG1P, Math::log1p),
          Map.entry(Rows.SQRT, Math::sqrt),
          Map.entry(Rows.RSQRT, a -> 1 / Math.sqrt(a)),
          Map.entry(Rows.SIN, Math::sin),
          Map.entry(Rows.COS, Math::cos),
          Map.entry(Rows.TAN, Math::tan),
          Map.entry(Rows.TANH, Math::tanh),
          Map.entry(Rows.SIGMOID, a -> 1 / (1 + Math.exp(-a))),
          Map.entry(Rows.SOFTPLUS, a -> Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))),
          Map.entry(Rows.EXP2, a -> StrictMath.pow(2, a)),
          Map.entry(Rows.LOG2, ElementaryFunctions::log2),
          Map.entry(Rows.LOG10, StrictMath::log10),
          Map.entry(Rows.CBRT, StrictMath::cbrt),
          Map.entry(Rows.ASIN, StrictMath::asin),
          Map.entry(Rows.ACOS, StrictMath::acos),
          Map.entry(Rows.ATAN, StrictMath::atan),
          Map.entry(Rows.SINH, StrictMath::sinh),
          Map.entry(Rows.COSH, StrictMath::cosh),
          Map.entry(Rows.ASINH, ElementaryFunctions::asinh),
          Map.entry(Rows.ACOSH, ElementaryFunctions::acosh),
          Map.entry(Rows.ATANH, ElementaryFunctions::atanh),
          Map.entry(Rows.ERF, ErrorFunction::erf),
          Map.entry(Rows.ERFC, ErrorFunction::erfc),
          Map.entry(Rows.ERF_INV, ErrorFunction::inverse),
          Map.entry(Rows.LGAMMA, GammaFunction::logGamma),
          Map.entry(Rows.DIGAMMA, GammaFunction::digamma),
          Map.entry(Rows.STOP_GRADIENT, a -> a),
          Map.entry(Rows.UNTRACED, a -> a));

  static Stream<ElementwiseRow> floatRows() {
    return Rows.all().stream()
        .filter(r -> r.arity() == 1 && !r.has(ElementwiseRow.Flag.NO_REAL))
        .filter(r -> r.signature() != RowSignature.PREDICATE);
  }

  @ParameterizedTest
  @MethodSource("floatRows")
  void unaryRowsAreTheFunctionsRoundedOnce(ElementwiseRow row) {
    DoubleUnaryOperator f = UNARY.get(row);
    double[] wide = doubles(run(row, HostTensor.of(POINTS, POINTS.length)));
    HostTensor narrow = (HostTensor) HostTensor.of(POINTS, POINTS.length).cast(DType.F32);
    double[] rounded = doubles(run(row, narrow));
    for (int i = 0; i < POINTS.length; i++) {
      assertEquals(f.applyAsDouble(POINTS[i]), wide[i], "f64 at " + POINTS[i]);
      assertEquals((float) f.applyAsDouble(narrow.getDouble(i)), rounded[i], "f32 " + POINTS[i]);
    }
  }

  @Test
  void binaryRows() {
    HostTensor a = HostTensor.of(new double[] {7, -7, 0, Double.NaN, -0.0}, 5);
    HostTensor b = HostTensor.of(new double[] {2, 2, 0, 1, 0.0}, 5);
    assertArrayEquals(new double[] {9, -5, 0, Double.NaN, 0}, doubles(a.add(b)));
    assertArrayEquals(new double[] {5, -9, 0, Double.NaN, -0.0}, doubles(a.sub(b)));
    assertArrayEquals(new double[] {14, -14, 0, Double.NaN, -0.0}, doubles(a.mul(b)));
    assertArrayEquals(
        new double[] {3.5, -3.5, Double.NaN, Double.NaN, Double.NaN}, doubles(a.div(b)));
    assertArrayEquals(new double[] {1, -1, Double.NaN, Double.NaN, Double.NaN}, doubles(a.rem(b)));
    assertArrayEquals(new double[] {7, 2, 0, Double.NaN, 0}, doubles(a.max(b)));
    assertArrayEquals(new double[] {2, -7, 0, Double.NaN, -0.0}, doubles(a.min(b)));
    assertArrayEquals(new double[] {49, 49, 1, Double.NaN, 1}, doubles(a.pow(b)));
    assertEquals(Math.atan2(7, 2), doubles(a.atan2(b))[0]);
  }

  @Test
  void integersWrapAndDivideWithoutTraps() {
    HostTensor a = HostTensor.of(new int[] {Integer.MAX_VALUE, Integer.MIN_VALUE, 7, -7}, 4);
    HostTensor b = HostTensor.of(new int[] {1, -1, 0, 2}, 4);
    int min = Integer.MIN_VALUE;
    int max = Integer.MAX_VALUE;
    assertArrayEquals(new long[] {min, max, 7, -5}, longs(a.add(b)));
    assertArrayEquals(new long[] {max, min, 0, -14}, longs(a.mul(b)));
    assertArrayEquals(new long[] {max, min, -1, -3}, longs(a.div(b)));
    assertArrayEquals(new long[] {0, 0, 7, -1}, longs(a.rem(b)));
    assertArrayEquals(new long[] {-max, min, -7, 7}, longs(a.neg()));
    assertArrayEquals(new long[] {max, min, 7, 7}, longs(a.abs()));
    HostTensor c = HostTensor.of(new long[] {Long.MAX_VALUE}, 1);
    assertArrayEquals(new long[] {Long.MIN_VALUE}, longs(c.add(HostTensor.of(new long[] {1}, 1))));
  }

  @Test
  void comparisonsWithNaNAndAcrossZeros() {
    HostTensor a = HostTensor.of(new double[] {Double.NaN, 0.0, 1}, 3);
    HostTensor b = HostTensor.of(new double[] {Double.NaN, -0.0, 2}, 3);
    assertArrayEquals(new long[] {0, 1, 0}, longs(a.eq(b)));
    assertArrayEquals(new long[] {1, 0, 1}, longs(a.ne(b)));
    assertArrayEquals(new long[] {0, 0, 1}, longs(a.lt(b)));
    assertArrayEquals(new long[] {0, 1, 1}, longs(a.le(b)));
    assertArrayEquals(new long[] {0, 0, 0}, longs(a.gt(b)));
    assertArrayEquals(new long[] {0, 1, 0}, longs(a.ge(b)));
    assertArrayEquals(new long[] {0, 1, 1}, longs(a.isFinite()));
    long big = (1L << 60) + 1;
    HostTensor l = HostTensor.of(new long[] {big}, 1);
    assertArrayEquals(new long[] {0}, longs(l.eq(HostTensor.of(new long[] {big - 1}, 1))));
  }

  @Test
  void logic() {
    HostTensor p = HostTensor.of(new boolean[] {false, false, true, true}, 4);
    HostTensor q = HostTensor.of(new boolean[] {false, true, false, true}, 4);
    assertArrayEquals(new long[] {0, 0, 0, 1}, longs(p.and(q)));
    assertArrayEquals(new long[] {0, 1, 1, 1}, longs(p.or(q)));
    assertArrayEquals(new long[] {0, 1, 1, 0}, longs(p.xor(q)));
    assertArrayEquals(new long[] {1, 1, 0, 0}, longs(p.not()));
    HostTensor i = HostTensor.of(new int[] {6}, 1);
    assertArrayEquals(new long[] {2}, longs(i.and(HostTensor.of(new int[] {3}, 1))));
  }

  @Test
  void shifts() {
    HostTensor a = HostTensor.of(new int[] {5, -5, Integer.MIN_VALUE, -1, 7, 3}, 6);
    HostTensor b = HostTensor.of(new int[] {1, 1, 31, 40, -1, 64}, 6);
    assertArrayEquals(new long[] {10, -10, 0, 0, 0, 0}, longs(a.shiftLeft(b)));
    assertArrayEquals(new long[] {2, -3, -1, -1, 0, 0}, longs(a.shiftRight(b)));
    assertArrayEquals(new long[] {-6, 4}, longs(HostTensor.of(new long[] {5, -5}, 2).not()));
  }

  @Test
  void divisionThatRoundsDown() {
    double[] x = {7, -7, 7, -7, 6, -6, 5.5, -0.5};
    double[] y = {2, 2, -2, -2, 3, 3, 2, 2};
    double[] quotients = {3, -4, -4, 3, 2, -2, 2, -1};
    double[] rests = {1, 1, -1, -1, 0, -0.0, 1.5, 1.5};
    HostTensor a = HostTensor.of(x, 8);
    HostTensor b = HostTensor.of(y, 8);
    assertArrayEquals(quotients, doubles(a.floorDiv(b)));
    assertArrayEquals(rests, doubles(a.mod(b)));
    HostTensor i = (HostTensor) a.cast(DType.I32).slice(0, 0, 6);
    HostTensor j = (HostTensor) b.cast(DType.I32).slice(0, 0, 6);
    assertArrayEquals(new long[] {3, -4, -4, 3, 2, -2}, longs(i.floorDiv(j)));
    assertArrayEquals(new long[] {1, 1, -1, -1, 0, 0}, longs(i.mod(j)));
  }

  @Test
  void composites() {
    double inf = Double.POSITIVE_INFINITY;
    HostTensor a = HostTensor.of(new double[] {3, -inf, inf, -inf, 1e300, Double.NaN}, 6);
    HostTensor b = HostTensor.of(new double[] {4, 2, inf, -inf, 1e300, 1}, 6);
    double[] sums = doubles(a.logAddExp(b));
    assertEquals(Math.log(Math.exp(3) + Math.exp(4)), sums[0], 1e-14);
    assertArrayEquals(
        new double[] {2, inf, -inf, 1e300, Double.NaN}, java.util.Arrays.copyOfRange(sums, 1, 6));
    assertEquals(5, doubles(a.hypot(b))[0]);
    assertEquals(1e300 * Math.sqrt(2), doubles(a.hypot(b))[4]);
    assertArrayEquals(new long[] {0, 0, 0, 0, 0, 1}, longs(a.isNan()));
    assertArrayEquals(new long[] {0, 1, 1, 1, 0, 0}, longs(a.isInf()));
    HostTensor s = HostTensor.of(new double[] {-2, 0, 1}, 3);
    assertArrayEquals(
        new double[] {-3, 3, 3}, doubles(HostTensor.of(new double[] {3, -3, -3}, 3).copySign(s)));
  }

  @Test
  void selectPassesBitsThrough() {
    int payload = 0xffc01234;
    HostTensor nan = HostTensor.fill(TensorType.of(DType.F32, 2), payload & 0xFFFFFFFFL);
    HostTensor p = HostTensor.of(new boolean[] {true, false}, 2);
    HostTensor y = p.select(nan, HostTensor.of(new float[] {1, 2}, 2)).host();
    assertEquals(payload, (int) y.bits(0));
    assertEquals(2, y.getDouble(1));
    HostTensor l = HostTensor.of(new long[] {Long.MAX_VALUE, 1}, 2);
    assertArrayEquals(new long[] {Long.MAX_VALUE, 1}, longs(p.select(l, l)));
  }

  @Test
  void castsOfFloats() {
    HostTensor x = HostTensor.of(new double[] {2.9, -2.9, 1e20, -1e20, Double.NaN, 0.25, -0.0}, 7);
    assertArrayEquals(
        new long[] {2, -2, Integer.MAX_VALUE, Integer.MIN_VALUE, 0, 0, 0},
        longs(x.cast(DType.I32)));
    assertArrayEquals(
        new long[] {2, -2, Long.MAX_VALUE, Long.MIN_VALUE, 0, 0, 0}, longs(x.cast(DType.I64)));
    assertArrayEquals(new long[] {1, 1, 1, 1, 1, 1, 0}, longs(x.cast(DType.BOOL)));
    assertEquals((float) 2.9, doubles(x.cast(DType.F32))[0]);
  }

  @Test
  void castsOfIntegers() {
    // Rounding to f64 first would end on a tie and lose the last bit.
    long twice = (1L << 54) + (1L << 30) + 1;
    HostTensor l = HostTensor.of(new long[] {twice, 1L << 32, -1}, 3);
    assertNotEquals((float) (double) twice, (float) twice);
    assertArrayEquals(new double[] {(float) twice, 1L << 32, -1}, doubles(l.cast(DType.F32)));
    assertArrayEquals(new long[] {(int) twice, 0, -1}, longs(l.cast(DType.I32)));
    HostTensor p = HostTensor.of(new boolean[] {true, false}, 2);
    assertArrayEquals(new double[] {1, 0}, doubles(p.cast(DType.F32)));
    assertArrayEquals(new long[] {1, 0}, longs(p.cast(DType.I64)));
  }

  @Test
  void everyUnaryRowIsTested() {
    List<ElementwiseRow> missing = new ArrayList<>(floatRows().toList());
    missing.removeAll(UNARY.keySet());
    assertTrue(missing.isEmpty(), missing.toString());
  }

  private static HostTensor run(ElementwiseRow row, HostTensor x) {
    return Interpreter.eval(new Elementwise(row), List.of(x), SourceLocation.UNKNOWN).getFirst();
  }

  private static double[] doubles(Tensor t) {
    return t.host().toDoubles();
  }

  private static long[] longs(Tensor t) {
    return t.host().toLongs();
  }
}
