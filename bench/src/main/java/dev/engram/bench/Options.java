package dev.engram.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A command line of the form {@code --name value --flag}.
 *
 * @param values by name; a flag's value is empty
 */
record Options(Map<String, String> values) {

  /**
   * Reads {@code args}.
   *
   * @param known the names that exist
   * @throws IllegalArgumentException for another name, or a word that belongs to no option
   */
  static Options of(String[] args, List<String> known) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < args.length; i++) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "unknown option '" + args[i] + "', expected some of --" + String.join(" --", known));
      }
      boolean flag = i + 1 == args.length || args[i + 1].startsWith("--");
      values.put(name, flag ? "" : args[++i]);
    }
    return new Options(values);
  }

  /**
   * Returns the one that has this word.
   *
   * @param what they are, for the error
   * @throws IllegalArgumentException when none has
   */
  static <E> E named(String what, String word, List<E> all, Function<E, String> words) {
    List<String> known = all.stream().map(words).toList();
    int at = known.indexOf(word);
    if (at < 0) {
      String last = known.getLast();
      String others = String.join(", ", known.subList(0, known.size() - 1));
      throw new IllegalArgumentException(
          what + " is '" + word + "', expected " + others + " or " + last);
    }
    return all.get(at);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  int integer(String name, int otherwise) {
    String text = text(name, Integer.toString(otherwise));
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--" + name + " is '" + text + "', expected an integer", e);
    }
  }

  double number(String name, double otherwise) {
    String text = text(name, Double.toString(otherwise));
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--" + name + " is '" + text + "', expected a number", e);
    }
  }
}
