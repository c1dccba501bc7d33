package dev.engram.cli.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/**
 * Equal differences, equal lengths.
 *
 * @param min value at the start
 * @param max value at the end, larger than {@code min}
 * @param wholeSteps whether ticks between whole numbers would have no meaning
 */
record LinearScale(double min, double max, boolean wholeSteps) implements Scale {
  private static final double[] NICE = {1, 2, 2.5, 5, 10};

  /** The range of values from {@code low} to {@code high}, with a margin as a part of it. */
  static LinearScale around(double low, double high, double margin, boolean wholeSteps) {
    double magnitude = Math.max(Math.abs(low), Math.abs(high));
    // Half of everything, because the difference of two finite numbers may be infinite.
    double half = high / 2 - low / 2;
    double pad = 2 * half * margin;
    if (half <= magnitude * 1e-9) {
      pad = magnitude == 0 ? 1 : Math.max(magnitude * 0.05, Double.MIN_NORMAL);
    }
    return new LinearScale(
        Math.max(low - pad, -Double.MAX_VALUE), Math.min(high + pad, Double.MAX_VALUE), wholeSteps);
  }

  @Override
  public boolean shows(double value) {
    return Double.isFinite(value);
  }

  @Override
  public double position(double value) {
    return (value / 2 - min / 2) / (max / 2 - min / 2);
  }

  @Override
  public List<Tick> ticks(int count) {
    double raw = max / count - min / count;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double step = power * 10;
    for (double nice : NICE) {
      if (nice * power >= raw * 0.999) {
        step = nice * power;
        break;
      }
    }
    step = wholeSteps ? Math.max(1, Math.rint(step)) : step;
    List<Tick> ticks = new ArrayList<>();
    int exponent = exponent(step);
    double last = Math.floor(max / step + 1e-9);
    for (double i = Math.ceil(min / step - 1e-9); i <= last; i++) {
      ticks.add(new Tick(i * step, label(i * step, step, exponent)));
    }
    return ticks;
  }

  /** The common power of ten of all labels; 0 where plain numbers are short enough. */
  private int exponent(double step) {
    double magnitude = Math.max(Math.abs(min), Math.abs(max));
    boolean plain = magnitude < 1e6 && step >= 1e-4;
    return plain ? 0 : (int) Math.floor(Math.log10(magnitude));
  }

  private static String label(double value, double step, int exponent) {
    boolean zero = Math.abs(value) < step / 2;
    if (zero && exponent != 0) {
      return "0";
    }
    BigDecimal unit = new BigDecimal(step, new MathContext(3)).stripTrailingZeros();
    BigDecimal rounded =
        new BigDecimal(zero ? 0 : value).setScale(unit.scale(), RoundingMode.HALF_EVEN);
    BigDecimal mantissa = rounded.scaleByPowerOfTen(-exponent);
    int digits = Math.max(0, unit.scale() + exponent);
    String number = mantissa.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    String power = exponent == 0 ? "" : "×10" + raised(exponent);
    return (number + power).replace('-', '−');
  }

  /** The digits of {@code n} as superscripts. */
  static String raised(int n) {
    StringBuilder text = new StringBuilder();
    for (char c : Integer.toString(n).toCharArray()) {
      text.append(c == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(c - '0'));
    }
    return text.toString();
  }
}
