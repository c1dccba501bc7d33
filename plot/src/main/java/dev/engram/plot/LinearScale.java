package dev.engram.plot;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * A linear scale: equal differences have equal lengths.
 *
 * @param start in steps
 * @param end in steps
 * @param step between two labelled values
 * @param exponent the common power of ten of all labels; 0 if plain numbers are short enough
 */
record LinearScale(double start, double end, BigDecimal step, int exponent) implements Scale {
  private static final List<BigDecimal> NICE =
      List.of(
          BigDecimal.ONE,
          BigDecimal.TWO,
          new BigDecimal("2.5"),
          new BigDecimal(5),
          new BigDecimal(10));

  /** Differences below this fraction of the values are rounding errors. */
  private static final double ROUNDING = 1e-9;

  /**
   * Makes a scale from {@code low} to {@code high}, with a margin relative to their difference.
   *
   * @param wholeSteps whether only integers are labelled
   * @param labels approximate maximum number of labels
   */
  static LinearScale around(
      double low, double high, double margin, boolean wholeSteps, double labels) {
    double magnitude = Math.max(Math.abs(low), Math.abs(high));
    // Computed with halves, because the difference of two finite numbers may be infinite.
    double half = high / 2 - low / 2;
    double pad = 2 * half * margin;
    if (half <= magnitude * ROUNDING) {
      pad = magnitude == 0 ? 1 : Math.max(magnitude * 0.05, Double.MIN_NORMAL);
    }
    double min = Math.max(low - pad, -Double.MAX_VALUE);
    double max = Math.min(high + pad, Double.MAX_VALUE);
    BigDecimal step = step(max / labels - min / labels, wholeSteps);
    double unit = step.doubleValue();
    double widest = Math.max(Math.abs(min), Math.abs(max));
    boolean plain = widest < 1e6 && unit >= 1e-4;
    int exponent = plain ? 0 : (int) Math.floor(Math.log10(widest));
    return new LinearScale(min / unit, max / unit, step, exponent);
  }

  /** Returns the least of 1, 2, 2.5 and 5 times a power of ten that is not below {@code least}. */
  private static BigDecimal step(double least, boolean whole) {
    int power = (int) Math.floor(Math.log10(least));
    if (whole && power < 0) {
      return BigDecimal.ONE;
    }
    for (BigDecimal nice : NICE) {
      BigDecimal step = nice.scaleByPowerOfTen(power);
      if (step.doubleValue() >= least * 0.999 && !(whole && step.scale() > 0)) {
        return step;
      }
    }
    return BigDecimal.TEN.scaleByPowerOfTen(power);
  }

  @Override
  public double place(double value) {
    return value / step.doubleValue();
  }

  @Override
  public String label(long place) {
    if (place == 0 && exponent != 0) {
      return "0";
    }
    BigDecimal mantissa = step.multiply(BigDecimal.valueOf(place)).scaleByPowerOfTen(-exponent);
    int digits = Math.max(0, step.stripTrailingZeros().scale() + exponent);
    String number = mantissa.setScale(digits, RoundingMode.UNNECESSARY).toPlainString();
    String power = exponent == 0 ? "" : "×10" + Scale.raised(exponent);
    return (number + power).replace('-', '−');
  }

  @Override
  public List<Double> between() {
    return List.of();
  }
}
