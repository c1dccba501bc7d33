package dev.engram.plot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeriesTest {
  @Test
  void amidASeriesTheSmoothedValueIsTheMean() {
    double[] values = new Random(3).doubles(50).toArray();
    double[] smooth = new Series("a", new double[0], values).smoothed(7).values();
    for (int i = 3; i < 47; i++) {
      assertEquals(Arrays.stream(values, i - 3, i + 4).average().orElseThrow(), smooth[i], 1e-12);
    }
  }

  @Test
  void aSlopeIsNotBentAtItsEnds() {
    double[] slope = IntStream.range(0, 40).mapToDouble(i -> 5 - 0.25 * i).toArray();
    assertArrayEquals(slope, new Series("a", new double[0], slope).smoothed(11).values(), 1e-12);
  }

  @Test
  void gapsStayAndCountForNothing() {
    double[] values = {1, Double.NaN, 1, 1, Double.POSITIVE_INFINITY, 1};
    assertArrayEquals(values, new Series("a", new double[0], values).smoothed(5).values(), 1e-12);
  }

  @Test
  void noiseBecomesSmaller() {
    Random random = new Random(5);
    double[] noise = random.doubles(1000, -1, 1).toArray();
    double[] smooth = new Series("a", new double[0], noise).smoothed(101).values();
    assertTrue(Arrays.stream(smooth, 50, 950).map(Math::abs).max().orElseThrow() < 0.3);
  }
}
