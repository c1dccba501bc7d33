package dev.engram.plot;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A logarithmic scale: equal ratios have equal lengths. The labelled values are powers of ten, or
 * one of them and its doublings and halvings.
 *
 * @param start in steps
 * @param end in steps
 * @param decades powers of ten from one label to the next, or 0 for doublings
 * @param origin power of ten at the place 0
 * @param plain whether labels are written without powers of ten
 */
record LogScale(double start, double end, int decades, int origin, boolean plain) implements Scale {
  /** Below this ratio of the ends, labels are at doublings. */
  private static final double DOUBLES = 100;

  /** Below this ratio of the ends, there would not be two labels. */
  static final double LEAST = 4;

  /**
   * Makes a scale from {@code low} to {@code high}, positive values with a ratio of at least {@link
   * #LEAST}, with a margin relative to the length between them.
   *
   * @param labels approximate maximum number of labels
   */
  static LogScale around(double low, double high, double margin, double labels) {
    double length = Math.log10(high) - Math.log10(low);
    double from = Math.log10(low) - margin * length;
    double to = Math.log10(high) + margin * length;
    boolean plain = from >= -3.3 && to < 6;
    boolean doubles = high / DOUBLES < low;
    int decades = doubles ? 0 : (int) Math.max(1, Math.ceil((to - from) / labels));
    int origin = doubles ? (int) Math.rint((from + to) / 2) : 0;
    double step = step(decades);
    return new LogScale((from - origin) / step, (to - origin) / step, decades, origin, plain);
  }

  private static double step(int decades) {
    return decades == 0 ? Math.log10(2) : decades;
  }

  @Override
  public double place(double value) {
    return (Math.log10(value) - origin) / step(decades);
  }

  @Override
  public String label(long place) {
    if (decades == 0) {
      BigDecimal ratio = place < 0 ? new BigDecimal("0.5") : BigDecimal.TWO;
      BigDecimal number = ratio.pow((int) Math.abs(place));
      return plain
          ? number.scaleByPowerOfTen(origin).toPlainString()
          : number.toPlainString() + "×10" + Scale.raised(origin);
    }
    int exponent = (int) place * decades;
    return plain || exponent == 0
        ? BigDecimal.ONE.scaleByPowerOfTen(exponent).toPlainString()
        : "10" + Scale.raised(exponent);
  }

  /** Returns 2 to 9 times each power of ten, where all powers are labelled. */
  @Override
  public List<Double> between() {
    return decades == 1 ? IntStream.rangeClosed(2, 9).mapToObj(Math::log10).toList() : List.of();
  }
}
