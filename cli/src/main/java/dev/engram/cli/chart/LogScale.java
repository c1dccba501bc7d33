package dev.engram.cli.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * Equal ratios, equal lengths.
 *
 * @param min value at the start, above 0
 * @param max value at the end, larger than {@code min}
 */
record LogScale(double min, double max) implements Scale {
  /** The range of positive values from {@code low} to {@code high}, with a margin around it. */
  static LogScale around(double low, double high, double margin) {
    double factor = Math.pow(high / low, margin);
    if (!(high / low > 1 + 1e-6)) {
      factor = 1.5;
    } else if (Double.isInfinite(factor)) {
      factor = 1;
    }
    return new LogScale(
        Math.max(low / factor, Double.MIN_NORMAL), Math.min(high * factor, Double.MAX_VALUE));
  }

  @Override
  public boolean shows(double value) {
    return Double.isFinite(value) && value > 0;
  }

  @Override
  public double position(double value) {
    return (Math.log(value) - Math.log(min)) / (Math.log(max) - Math.log(min));
  }

  @Override
  public List<Tick> ticks(int count) {
    double decades = Math.log10(max) - Math.log10(min);
    if (decades < 0.7) {
      return new LinearScale(min, max, false).ticks(count);
    }
    int every = (int) Math.max(1, Math.ceil(decades / count));
    boolean plain = min >= 0.5e-3 && max < 1e6;
    boolean oneTwoFive = decades * 2 <= count;
    List<Tick> ticks = new ArrayList<>();
    for (int exponent = (int) Math.floor(Math.log10(min));
        exponent <= Math.log10(max);
        exponent++) {
      for (int digit = 1; digit <= (every == 1 ? 9 : 1); digit++) {
        double value = digit * Math.pow(10, exponent);
        boolean labelled =
            digit == 1 ? exponent % every == 0 : oneTwoFive && (digit == 2 || digit == 5);
        if (value >= min && value <= max) {
          ticks.add(new Tick(value, labelled ? label(digit, exponent, plain) : ""));
        }
      }
    }
    return ticks;
  }

  private static String label(int digit, int exponent, boolean plain) {
    if (exponent == 0 || (plain && exponent > 0)) {
      return digit + "0".repeat(exponent);
    }
    if (plain) {
      return "0." + "0".repeat(-exponent - 1) + digit;
    }
    return (digit == 1 ? "" : digit + "×") + "10" + LinearScale.raised(exponent);
  }
}
