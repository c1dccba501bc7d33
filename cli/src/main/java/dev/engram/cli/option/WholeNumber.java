package dev.engram.cli.option;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;

/** Parses integers of a range, in decimal digits. */
public class WholeNumber implements ITypeConverter<Integer> {
  private static final Pattern DIGITS = Pattern.compile("[+-]?[0-9]+");

  private final int least;
  private final int most;

  /** Accepts integers from {@code least} to {@code most}. */
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
        // Numbers that do not fit in a long are out of range too.
      }
    }
    throw Words.must("be an integer from " + least + " to " + most, text);
  }

  /** Accepts all 64-bit integers. */
  public static final class Any implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return read(Long.MIN_VALUE, Long.MAX_VALUE, text);
    }
  }
}
