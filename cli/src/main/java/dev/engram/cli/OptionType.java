package dev.engram.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** Reads the value of an option from its text. */
@FunctionalInterface
interface OptionType<T> {
  /**
   * The value.
   *
   * @throws UsageException whose message completes the sentence {@code --option ...}
   */
  T read(String text) throws UsageException;

  Pattern INTEGER = Pattern.compile("[+-]?[0-9]+");
  Pattern REAL = Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  /** The integers from {@code least} to {@code most}. */
  static OptionType<Integer> integer(int least, int most) {
    OptionType<Long> wide = integer(least, (long) most);
    return text -> Math.toIntExact(wide.read(text));
  }

  /** The integers from {@code least} to {@code most}. */
  static OptionType<Long> integer(long least, long most) {
    return text -> {
      if (INTEGER.matcher(text).matches()) {
        try {
          long value = Long.parseLong(text);
          if (least <= value && value <= most) {
            return value;
          }
        } catch (NumberFormatException e) {
          // Digits that exceed a long are out of range like any others.
        }
      }
      throw must("be an integer from " + least + " to " + most, text);
    };
  }

  /** The real numbers above 0 that stay normal in single precision, up to {@code most}. */
  static OptionType<Double> positive(double most) {
    return text -> {
      double value = REAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
      if (!(value > 0)) {
        throw must("be a number greater than 0", text);
      }
      if (value < 1.2e-38 || value > most) {
        throw must("be a number from 1.2e-38 to " + most, text);
      }
      return value;
    };
  }

  /** The constants of an enum, written in lower case with {@code -} for {@code _}. */
  static <E extends Enum<E>> OptionType<E> oneOf(Class<E> type) {
    return oneOf(List.of(type.getEnumConstants()));
  }

  /** One of these constants. */
  static <E extends Enum<E>> OptionType<E> oneOf(List<E> constants) {
    List<String> words = constants.stream().map(OptionType::word).toList();
    return text -> constants.get(words.indexOf(named(words).read(text)));
  }

  /** A path of the file system, which need not exist. */
  static OptionType<Path> path() {
    return text -> {
      try {
        if (!text.isBlank()) {
          return Path.of(text);
        }
      } catch (InvalidPathException e) {
        // Reported below, like a blank one.
      }
      throw must("be a path", text);
    };
  }

  /** One of these words. */
  static OptionType<String> named(List<String> words) {
    return text -> {
      if (words.contains(text)) {
        return text;
      }
      throw new UsageException(
          "must be one of "
              + String.join(", ", words)
              + ", got '"
              + shown(text)
              + "'"
              + Spelling.hint(text, words));
    };
  }

  /** Any text. */
  static OptionType<Optional<String>> some() {
    return Optional::of;
  }

  /** A regular expression, which is looked for anywhere in a line. */
  static OptionType<Optional<Pattern>> regex() {
    return text -> {
      try {
        return Optional.of(Pattern.compile(text));
      } catch (PatternSyntaxException e) {
        throw new UsageException(
            "must be a regular expression, got '" + shown(text) + "': " + e.getDescription());
      }
    };
  }

  /** How the user writes a constant. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** How the user writes the constants of an enum. */
  static <E extends Enum<E>> List<String> words(Class<E> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(OptionType::word)
        .collect(Collectors.toUnmodifiableList());
  }

  private static UsageException must(String what, String text) {
    return new UsageException("must " + what + ", got '" + shown(text) + "'");
  }

  /** The text on one line and of bounded length. */
  static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 60 ? line : line.substring(0, 60) + "…";
  }
}
