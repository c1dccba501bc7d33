package dev.engram.cli.option;

import dev.engram.ir.checks.DidYouMean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.TypeConversionException;

/** The words of a command line: how enum constants are written, and errors for wrong words. */
public final class Words {
  private static final int SHOWN = 60;

  private Words() {}

  /** Returns a constant as the user writes it: in lower case, with {@code -} for {@code _}. */
  public static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns each of these constants as the user writes it. */
  public static List<String> all(Enum<?>... constants) {
    return Arrays.stream(constants).map(Words::of).toList();
  }

  /** Returns the text on one line and shortened. */
  public static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }

  /**
   * Returns the text, which must be one of these words.
   *
   * @throws TypeConversionException naming all of them, and the most similar, when it is not
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

  /** Returns the error for a value that is not {@code what}. */
  public static TypeConversionException must(String what, String text) {
    return new TypeConversionException("must " + what + ", got '" + shown(text) + "'");
  }
}
