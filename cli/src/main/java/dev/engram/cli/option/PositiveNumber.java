package dev.engram.cli.option;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;

/** Parses real numbers above 0 that are normal in single precision, up to a maximum. */
public class PositiveNumber implements ITypeConverter<Double> {
  private static final Pattern REAL =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  private final double most;

  /** Accepts numbers up to {@code most}. */
  public PositiveNumber(double most) {
    this.most = most;
  }

  @Override
  public final Double convert(String text) {
    double value = REAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    if (!(value > 0)) {
      throw Words.must("be a number greater than 0", text);
    }
    if (value < 1.2e-38 || value > most) {
      throw Words.must("be a number from 1.2e-38 to " + most, text);
    }
    return value;
  }
}
