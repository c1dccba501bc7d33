package dev.engram.cli.text;

import java.util.List;
import java.util.Locale;

/** Times and sizes with three digits and a unit. */
public final class Quantity {
  private static final List<String> TIMES = List.of("ns", "µs", "ms", "s");
  private static final List<String> SIZES = List.of("B", "kB", "MB", "GB", "TB", "PB", "EB");

  private Quantity() {}

  /** {@code 42.9 µs}. */
  public static String time(double nanos) {
    return text(nanos, TIMES);
  }

  /** {@code 3.11 GB}, in powers of 1000. */
  public static String bytes(double bytes) {
    return text(bytes, SIZES);
  }

  private static String text(double value, List<String> units) {
    double v = value;
    int unit = 0;
    while (v >= 999.5 && unit < units.size() - 1) {
      v /= 1000;
      unit++;
    }
    return digits(v, unit == 0) + " " + units.get(unit);
  }

  /** Three digits, but none behind the point of what cannot be divided. */
  private static String digits(double v, boolean whole) {
    String form = whole || v >= 99.95 ? "%.0f" : v >= 9.995 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, form, v);
  }
}
