package dev.engram.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What may follow the name of a command: options as {@code --name value} or {@code --name=value},
 * and operands, in any order. The last of several equal options counts.
 *
 * @param usage the words of the usage line, such as {@code engram train copying [OPTIONS]}
 * @param purpose what the command does
 * @param options the options
 */
record Syntax(String usage, String purpose, List<Option<?>> options) {

  /** The values of one command line. */
  static final class Arguments {
    private final Map<Option<?>, Object> values = new HashMap<>();
    private final List<String> operands = new ArrayList<>();

    /** The value given, or the fallback. */
    @SuppressWarnings(
        "unchecked") // `parse` stores under an option only what the option's type read.
    <T> T get(Option<T> option) {
      return (T) values.getOrDefault(option, option.fallback());
    }

    boolean given(Option<?> option) {
      return values.containsKey(option);
    }

    List<String> operands() {
      return List.copyOf(operands);
    }

    /**
     * The only operand.
     *
     * @throws UsageException that starts with {@code need}, when there is not exactly one
     */
    String only(String need) throws UsageException {
      if (operands.size() != 1) {
        String got = OptionType.shown(String.join("' and '", operands));
        throw new UsageException(need + (operands.isEmpty() ? "" : ", got '" + got + "'"));
      }
      return operands.getFirst();
    }
  }

  /**
   * Reads a command line.
   *
   * @throws UsageException for an unknown option, a missing value, or a value the option refuses
   */
  Arguments parse(List<String> words) throws UsageException {
    Arguments arguments = new Arguments();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (!word.startsWith("-") || word.equals("-")) {
        arguments.operands.add(word);
        continue;
      }
      int equals = word.indexOf('=');
      Option<?> option = named(equals < 0 ? word : word.substring(0, equals));
      if (option.isFlag() && equals < 0) {
        arguments.values.put(option, true);
        continue;
      }
      if (option.isFlag()) {
        throw new UsageException(option.name() + " takes no value");
      }
      if (equals < 0 && (i + 1 == words.size() || isOption(words.get(i + 1)))) {
        throw new UsageException(
            option.name() + " needs a value: " + option.name() + " " + option.placeholder());
      }
      String text = equals < 0 ? words.get(++i) : word.substring(equals + 1);
      arguments.values.put(option, read(option, text));
    }
    return arguments;
  }

  private static <T> T read(Option<T> option, String text) throws UsageException {
    return read(option, option.type(), text);
  }

  /** The value of an option, read as {@code type} does. */
  static <T> T read(Option<T> option, OptionType<T> type, String text) throws UsageException {
    try {
      return type.read(text);
    } catch (UsageException e) {
      throw new UsageException(option.name() + " " + e.getMessage());
    }
  }

  private static boolean isOption(String word) {
    return word.startsWith("--");
  }

  private Option<?> named(String name) throws UsageException {
    for (Option<?> option : options) {
      if (option.name().equals(name)) {
        return option;
      }
    }
    List<String> names = options.stream().<String>map(Option::name).toList();
    String dashed = "--" + name.replaceFirst("^-+", "");
    throw new UsageException(
        "unknown option " + OptionType.shown(name) + Spelling.hint(dashed, names));
  }

  /** The words that ask for its help. */
  String helpCommand() {
    return usage.replaceFirst(" (\\[|[A-Z]).*", "") + " --help";
  }

  /** Names with commas between them, on lines that fit below the help of an option. */
  static String listed(List<String> names) {
    return String.join(", ", names).replaceAll("(.{40,60}?, )", "$1\n").replaceAll(" +\n", "\n");
  }

  /** The usage line, the purpose and a line or two for each option. */
  String help() {
    StringBuilder text = new StringBuilder("usage: ").append(usage).append("\n\n");
    text.append(purpose).append("\n\noptions:\n");
    for (Option<?> option : options) {
      text.append(
          String.format(
              "  %-18s %s%n",
              (option.name() + " " + option.placeholder()).strip(),
              option.help().replace("\n", "\n" + " ".repeat(21))));
    }
    return text.append(String.format("  %-18s %s%n", "--help", "show this text")).toString();
  }
}
