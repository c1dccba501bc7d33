package dev.engram.plot;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * A named curve.
 *
 * @param xs of the values; empty for the integers from the chart's first x on
 */
@SuppressWarnings("ArrayRecordComponent")
record Series(String name, double[] xs, double[] values) {
  Series {
    xs = xs.clone();
    values = values.clone();
  }

  boolean hasPlaces() {
    return xs.length > 0;
  }

  double x(int i, int firstX) {
    return hasPlaces() ? xs[i] : (double) firstX + i;
  }

  /** True when there is no finite value. */
  boolean isEmpty() {
    return Arrays.stream(values).noneMatch(Double::isFinite);
  }

  /**
   * Smooths the curve: replaces each value by that of the least-squares line through the {@code
   * window} values around it. In the middle of a series that is their mean; near an end, where
   * there are more values on one side, it preserves the slope, which a mean would distort. Values
   * that are not finite are ignored and left unchanged.
   */
  Series smoothed(int window) {
    double[] smooth = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      smooth[i] = Double.isFinite(values[i]) ? fitted(i, window / 2) : values[i];
    }
    return new Series(name, xs, smooth);
  }

  /** Maps each value by {@code f}. */
  Series mapped(DoubleUnaryOperator f) {
    return new Series(name, xs, Arrays.stream(values).map(f).toArray());
  }

  // With x counted from i: the line a + b·x through (x, y) has a = (Σxx Σy - Σx Σxy) / (n Σxx - Σx
  // Σx).
  private double fitted(int i, int reach) {
    double n = 0;
    double sumX = 0;
    double sumXx = 0;
    double sumY = 0;
    double sumXy = 0;
    for (int k = Math.max(0, i - reach); k <= Math.min(values.length - 1, i + reach); k++) {
      if (Double.isFinite(values[k])) {
        double x = (double) k - i;
        n++;
        sumX += x;
        sumXx += x * x;
        sumY += values[k];
        sumXy += x * values[k];
      }
    }
    double determinant = n * sumXx - sumX * sumX;
    double a = determinant == 0 ? sumY / n : (sumXx * sumY - sumX * sumXy) / determinant;
    return Double.isFinite(a) ? a : values[i];
  }
}
