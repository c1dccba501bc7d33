package dev.engram.cli.option;

import dev.engram.ir.checks.DidYouMean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.TypeConversionException;

/** The words of a command line: how constants are written, and what is said of a wrong one. */
public final class Words {
  private static final int SHOWN = 60;

  private Words() {}

  /** How the user writes a constant: in lower case, with {@code -} for {@code _}. */
  public static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** How the user writes each of these constants. */
  public static List<String> all(Enum<?>... constants) {
    return Arrays.stream(constants).map(Words::of).toList();
  }

  /** The text on one line and of bounded length. */
  public static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }

  /**
   * The text, which is one of these words.
   *
   * @throws TypeConversionException naming all of them, and the nearest, when it is none
   */
  public static String oneOf(List<String> words, String text) {
    if (words.contains(text)) {
      return text;
    }
    throw new TypeConversionException(
        "must be one of "
            + String.join(", ", words)
            + ", got '"
            + shown(text)
            + "'"
            + DidYouMean.hint(text, words));
  }

  /** For a value that is not {@code what}. */
  public static TypeConversionException must(String what, String text) {
    return new TypeConversionException("must " + what + ", got '" + shown(text) + "'");
  }
}
