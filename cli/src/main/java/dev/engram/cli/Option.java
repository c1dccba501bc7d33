package dev.engram.cli;

/**
 * An option of a command.
 *
 * @param name with its dashes, such as {@code --batch}
 * @param placeholder what stands for the value in the help, such as {@code N}; empty for a flag
 * @param type reads the value
 * @param fallback the value when the option is not given
 * @param help what it means and its default
 */
record Option<T>(String name, String placeholder, OptionType<T> type, T fallback, String help) {

  /** An option without a value: given or not. */
  static Option<Boolean> flag(String name, String help) {
    return new Option<>(name, "", _ -> true, false, help);
  }

  boolean isFlag() {
    return placeholder.isEmpty();
  }
}
