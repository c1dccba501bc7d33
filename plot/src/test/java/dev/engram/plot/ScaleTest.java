package dev.engram.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScaleTest {
  private static long[] places(Scale scale) {
    return LongStream.rangeClosed((long) Math.ceil(scale.start()), (long) Math.floor(scale.end()))
        .toArray();
  }

  private static List<String> labels(Scale scale) {
    return LongStream.of(places(scale)).mapToObj(scale::label).toList();
  }

  private static Scale linear(double low, double high, double labels) {
    return LinearScale.around(low, high, 0, false, labels);
  }

  @Test
  void labelsAreRoundNumbersWithEquallyManyDecimals() {
    assertEquals(
        List.of("2.05", "2.10", "2.15", "2.20", "2.25", "2.30"), labels(linear(2.04, 2.31, 7)));
    assertEquals(
        List.of("0", "50", "100", "150", "200"), labels(LinearScale.around(-4, 203, 0, true, 7)));
    assertEquals(List.of("−1.0", "−0.5", "0.0", "0.5", "1.0"), labels(linear(-1, 1, 5)));
    assertEquals(List.of("0.00", "0.25", "0.50", "0.75", "1.00"), labels(linear(0, 1, 4)));
    assertEquals(List.of("0", "1", "2"), labels(LinearScale.around(-0.1, 2.1, 0, true, 8)));
    assertEquals(List.of("0", "5", "10"), labels(LinearScale.around(0, 13, 0, true, 6)));
    assertEquals(List.of("−1×10⁻⁶", "0", "1×10⁻⁶", "2×10⁻⁶"), labels(linear(-1.5e-6, 2.2e-6, 4)));
    assertEquals(List.of("0", "0.5×10⁷", "1.0×10⁷", "1.5×10⁷"), labels(linear(0, 1.6e7, 4)));
  }

  @Test
  void logarithmicLabelsArePowersOfTenAndWithinTwoOfThemDoubles() {
    assertEquals(
        List.of("0.001", "0.01", "0.1", "1", "10"), labels(LogScale.around(6e-4, 30, 0, 8)));
    assertEquals(
        List.of("10⁻⁶", "10⁻³", "1", "10³", "10⁶"), labels(LogScale.around(1e-8, 1e8, 0, 6)));
    assertEquals(List.of("0.25", "0.5", "1", "2"), labels(LogScale.around(0.2, 2.3, 0, 8)));
    assertEquals(
        List.of("0.5×10⁻⁶", "1×10⁻⁶", "2×10⁻⁶"), labels(LogScale.around(0.4e-6, 3e-6, 0, 8)));
    assertEquals(8, LogScale.around(1e-3, 1, 0, 8).between().size());
    assertEquals(List.of(), LogScale.around(1e-8, 1e8, 0, 6).between());
  }

  /** The number at a place is the value that belongs there. */
  @Test
  void labelsAreTrue() {
    for (Scale scale :
        List.of(
            linear(-3.7, 1.2, 7),
            linear(990, 1010, 7),
            LogScale.around(0.03, 40, 0, 8),
            LogScale.around(0.03, 2, 0, 8),
            LogScale.around(1e-3, 1e5, 0, 3))) {
      for (long place : places(scale)) {
        double value = Double.parseDouble(scale.label(place).replace('−', '-'));
        assertEquals(place, scale.place(value), 1e-9, scale.toString());
      }
    }
  }

  @Test
  void rangesOfEverySizeGiveAFewLabelsInsideThem() {
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      double low = random.nextGaussian() * Math.pow(10, random.nextInt(600) - 300);
      double high = low + Math.abs(low) * Math.pow(10, random.nextInt(14) - 7);
      check(LinearScale.around(low, high, 0.05, false, 7), low, high);
      double positive = Math.max(Math.abs(low), 1e-300);
      check(LogScale.around(positive, positive * 7, 0.05, 7), positive, positive * 7);
    }
    double most = Double.MAX_VALUE;
    check(LinearScale.around(-most, most, 0.05, false, 7), -1e300, 1e300);
    check(LinearScale.around(Double.MIN_VALUE, Double.MIN_VALUE, 0.05, false, 7), 0, 0);
    check(LogScale.around(Double.MIN_VALUE, most, 0.05, 7), Double.MIN_VALUE, 1e300);
  }

  private static void check(Scale scale, double low, double high) {
    List<String> labels = labels(scale);
    assertTrue(labels.size() >= 2 && labels.size() <= 15, scale + ": " + labels);
    assertEquals(labels.size(), labels.stream().distinct().count(), scale + ": " + labels);
    assertTrue(scale.place(low) >= scale.start(), scale.toString());
    assertTrue(scale.place(high) <= scale.end(), scale.toString());
  }
}
