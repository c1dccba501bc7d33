package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TypeException;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  @Test
  void schedulesAreTheirFormulas() {
    check(LearningRate.constant(0.3), t -> 0.3);
    check(LearningRate.step(0.3, 0.5, 4), t -> 0.3 * Math.pow(0.5, Math.floorDiv(t, 4)));
    check(LearningRate.exponential(0.3, 0.5, 4), t -> 0.3 * Math.pow(0.5, t / 4.0));
    check(
        LearningRate.cosine(0.3, 0.1, 8),
        t -> t >= 8 ? 0.1 : 0.1 + 0.2 * (1 + Math.cos(Math.PI * t / 8)) / 2);
    check(LearningRate.linear(0.1, 0.5, 8), t -> t >= 8 ? 0.5 : 0.1 + 0.4 * t / 8);
    check(
        LearningRate.warmup(4, LearningRate.step(0.3, 0.5, 4)),
        t -> t < 4 ? 0.3 * t / 4 : 0.3 * Math.pow(0.5, Math.floorDiv(t - 4, 4)));
    check(
        LearningRate.warmup(4, LearningRate.inverseSqrt(0.3, 4)),
        t -> 0.3 * Math.min(t / 4.0, t == 0 ? 0 : Math.sqrt(4.0 / t)));
    assertThrows(TypeException.class, () -> LearningRate.step(0.3, 0.5, 0));
  }

  private static void check(LearningRate s, IntToDoubleFunction want) {
    for (int t = 0; t < 14; t++) {
      double got = s.at(HostTensor.of(new double[] {t})).host().item();
      assertEquals(want.applyAsDouble(t), got, 1e-14, "after " + t + " updates");
    }
  }

  @Test
  void piecesMustFit() {
    String counts =
        assertThrows(TypeException.class, () -> LearningRate.piecewise(new double[] {1, 2}, 3, 5))
            .getMessage();
    assertTrue(counts.contains("got 2 rates for 2 ends, expected one more"), counts);
    String order =
        assertThrows(
                TypeException.class, () -> LearningRate.interpolated(new double[] {1, 2, 3}, 5, 5))
            .getMessage();
    assertTrue(order.contains("ends=[5, 5], expected each above the one before"), order);
    double[] rates = {1, 2};
    LearningRate kept = LearningRate.piecewise(rates, 3);
    rates[0] = 7;
    assertEquals(1, kept.at(HostTensor.of(new double[] {0})).host().item(), "a copy");
  }

  /** Restarts are exact where a logarithm of the count is a whole number. */
  @Test
  void cyclesStartAgainOnTime() {
    for (int factor : new int[] {1, 2, 3, 5, 7}) {
      LearningRate rate = LearningRate.cosineRestarts(1, 0, 3, factor);
      long start = 0;
      for (long length = 3; start < 1_000_000 && length < 1_000_000; length *= factor) {
        assertEquals(1, at(rate, start), 1e-14, factor + " at " + start);
        assertTrue(at(rate, start + length - 1) < 0.8, factor + " before " + (start + length));
        start += length;
        if (factor == 1 && start > 300) {
          break;
        }
      }
    }
  }

  private static double at(LearningRate rate, long done) {
    return rate.at(HostTensor.of(new double[] {done})).host().item();
  }
}
