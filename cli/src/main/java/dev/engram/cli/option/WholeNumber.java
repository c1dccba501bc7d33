package dev.engram.cli.option;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;

/** Reads integers of a range, in decimal digits. */
public class WholeNumber implements ITypeConverter<Integer> {
  private static final Pattern DIGITS = Pattern.compile("[+-]?[0-9]+");

  private final int least;
  private final int most;

  /** The integers from {@code least} to {@code most}. */
  public WholeNumber(int least, int most) {
    this.least = least;
    this.most = most;
  }

  @Override
  public final Integer convert(String text) {
    return Math.toIntExact(read(least, most, text));
  }

  static long read(long least, long most, String text) {
    if (DIGITS.matcher(text).matches()) {
      try {
        long value = Long.parseLong(text);
        if (least <= value && value <= most) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Digits that exceed a long are out of range like any others.
      }
    }
    throw Words.must("be an integer from " + least + " to " + most, text);
  }

  /** All integers of 64 bits. */
  public static final class Any implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return read(Long.MIN_VALUE, Long.MAX_VALUE, text);
    }
  }
}
