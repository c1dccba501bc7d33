package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.terminal.Streams;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.text.RunLine;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ~=}: equal up to rounding; infinity is only equal to itself. */
class NearTest {
  private static final Map<DType, String> EPSILON =
      Map.of(DType.F64, "1e-12", DType.F32, "1e-5", DType.F16, "2e-3", DType.BF16, "1.6e-2");
  private static final double[] POINTS = {
    0,
    -0.0,
    1,
    -1,
    1.000001,
    1 + 1e-13,
    1.0019,
    1.01,
    3,
    3e4,
    -3e4,
    1e30,
    1e38,
    -1e38,
    1e308,
    -1e308,
    Double.MIN_VALUE,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY
  };

  @TempDir Path folder;

  private static HostTensor scalar(DType dtype, double value) {
    HostTensor t = HostTensor.allocate(TensorType.of(dtype));
    t.setDouble(0, value);
    return t;
  }

  /** The law in exact arithmetic. */
  private static boolean law(DType dtype, double got, double want) {
    if (Double.isNaN(want) || Double.isInfinite(want) || !Double.isFinite(got)) {
      return Double.compare(got, want) == 0;
    }
    BigDecimal w = new BigDecimal(want);
    BigDecimal allowed = new BigDecimal(EPSILON.get(dtype)).multiply(BigDecimal.ONE.add(w.abs()));
    return new BigDecimal(got).subtract(w).abs().compareTo(allowed) <= 0;
  }

  @Test
  void everyPairOfSpecialValues() {
    int near = 0;
    for (DType dtype : EPSILON.keySet()) {
      for (double a : POINTS) {
        for (double b : POINTS) {
          HostTensor got = scalar(dtype, a);
          HostTensor want = scalar(dtype, b);
          boolean law = law(dtype, got.getDouble(0), want.getDouble(0));
          assertEquals(law, RunLine.near(want, got), dtype + ": " + a + " for " + b);
          near += law ? 1 : 0;
        }
      }
    }
    assertTrue(near > EPSILON.size() * POINTS.length, "too few pairs agree: " + near);
  }

  /** Integers are compared exactly, even those that are equal as doubles. */
  @Test
  void wholeNumbersAreExact() {
    long big = 1L << 60;
    assertTrue(
        RunLine.near(HostTensor.of(new long[] {big}, 1), HostTensor.of(new long[] {big}, 1)));
    assertFalse(
        RunLine.near(HostTensor.of(new long[] {big}, 1), HostTensor.of(new long[] {big + 1}, 1)));
  }

  @Test
  void aRunLineOfInfinityHoldsForInfinityAlone() throws Exception {
    Path file = folder.resolve("near.ir");
    Files.writeString(
        file,
        """
        graph @f(%x: f32[]) -> f32[] {
          return %x
        }
        // run: @f(inf) ~= inf
        // run: @f(3.0) ~= inf
        // run: @f(-inf) ~= inf
        // run: @f(3.1353233) ~= 3.1353
        """);
    Streams streams = new Streams();
    assertEquals(Main.FAILED, new Main(streams.terminal(false, 80)).run("run", file.toString()));
    assertEquals(
        """
        ok    // run: @f(inf) ~= inf
        WRONG // run: @f(3.0) ~= inf
           is // run: @f(3.0) ~= 3.0
           ~= is f32 within 1.0E-5·(1 + |expected|)
        WRONG // run: @f(-inf) ~= inf
           is // run: @f(-inf) ~= -inf
           ~= is f32 within 1.0E-5·(1 + |expected|)
        ok    // run: @f(3.1353233) ~= 3.1353
        """,
        streams.out());
  }
}
