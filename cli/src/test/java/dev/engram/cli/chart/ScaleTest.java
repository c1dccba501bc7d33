package dev.engram.cli.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScaleTest {
  private static List<String> labels(Scale scale, int count) {
    return scale.ticks(count).stream().map(Tick::label).filter(text -> !text.isEmpty()).toList();
  }

  @Test
  void ticksAreRoundNumbersWithEquallyManyDecimals() {
    assertEquals(
        List.of("2.05", "2.10", "2.15", "2.20", "2.25", "2.30"),
        labels(new LinearScale(2.04, 2.31, false), 7));
    assertEquals(
        List.of("0", "50", "100", "150", "200"), labels(new LinearScale(-4, 203, true), 7));
    assertEquals(
        List.of("−1.0", "−0.5", "0.0", "0.5", "1.0"), labels(new LinearScale(-1, 1, false), 5));
    assertEquals(List.of("0", "1", "2"), labels(new LinearScale(-0.1, 2.1, true), 8));
    assertEquals(
        List.of("−1×10⁻⁶", "0", "1×10⁻⁶", "2×10⁻⁶"),
        labels(new LinearScale(-1.5e-6, 2.2e-6, false), 4));
    assertEquals(
        List.of("0", "0.5×10⁷", "1.0×10⁷", "1.5×10⁷"), labels(new LinearScale(0, 1.6e7, false), 4));
  }

  @Test
  void logarithmicTicksAreDecadesAndWhereThereIsRoomTwosAndFives() {
    assertEquals(
        List.of("0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"), labels(new LogScale(0.015, 3), 8));
    assertEquals(List.of("10⁻⁶", "10⁻³", "1", "10³", "10⁶"), labels(new LogScale(1e-8, 1e8), 6));
    assertEquals(List.of("2.0", "2.2", "2.4"), labels(new LogScale(1.95, 2.5), 3));
  }

  @Test
  void rangesOfEverySizeGiveAFewTicksInsideThem() {
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      double low = random.nextGaussian() * Math.pow(10, random.nextInt(600) - 300);
      double high = low + Math.abs(low) * Math.pow(10, random.nextInt(14) - 7);
      check(LinearScale.around(low, high, 0.05, false), low, high);
      double positive = Math.max(Math.abs(low), 1e-300);
      check(LogScale.around(positive, positive * 7, 0.05), positive, positive * 7);
    }
    check(LinearScale.around(-Double.MAX_VALUE, Double.MAX_VALUE, 0.05, false), -1e300, 1e300);
    check(LinearScale.around(Double.MIN_VALUE, Double.MIN_VALUE, 0.05, false), 0, 0);
    check(LogScale.around(Double.MIN_NORMAL, Double.MAX_VALUE, 0.05), 1e-300, 1e300);
  }

  private static void check(Scale scale, double low, double high) {
    List<Tick> ticks = scale.ticks(7);
    long labelled = ticks.stream().filter(tick -> !tick.label().isEmpty()).count();
    assertTrue(labelled >= 2 && labelled <= 15, scale + ": " + ticks);
    assertEquals(
        labelled, ticks.stream().map(Tick::label).filter(t -> !t.isEmpty()).distinct().count());
    for (Tick tick : ticks) {
      double position = scale.position(tick.value());
      assertTrue(position >= -1e-6 && position <= 1 + 1e-6, scale + ": " + tick);
    }
    assertTrue(scale.position(low) >= 0 && scale.position(high) <= 1, scale.toString());
  }

  @Test
  void aLogarithmicAxisShowsOnlyWhatIsPositive() {
    assertTrue(new LogScale(1, 10).shows(3));
    assertFalse(new LogScale(1, 10).shows(0));
    assertFalse(new LogScale(1, 10).shows(-1));
    assertFalse(new LogScale(1, 10).shows(Double.NaN));
    assertFalse(new LinearScale(1, 10, false).shows(Double.POSITIVE_INFINITY));
  }
}
