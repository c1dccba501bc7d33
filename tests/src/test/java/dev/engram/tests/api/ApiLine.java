package dev.engram.tests.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One declaration in one line, such as
 *
 * <pre>
 * method public static java.util.List of(Object[]) throws java.io.IOException // &lt;T&gt; java.util.List&lt;T&gt; of(T[])
 * </pre>
 *
 * <p>Before {@code //} is what compiled callers depend on, with erased types; after it, what a
 * compiler sees, if that is more.
 *
 * @param kind {@code extends}, {@code implements}, {@code permits}, {@code components}, {@code
 *     field}, {@code constructor} or {@code method}
 * @param type of a field; what a method returns; empty for the others
 * @param key what identifies it: a name, with parameters if there are any
 * @param constant the value that compilers copy into callers
 * @param thrown checked exceptions; unchecked ones are not part of the API
 * @param generic empty if it adds nothing
 */
record ApiLine(
    String kind,
    Set<String> modifiers,
    String type,
    String key,
    Optional<String> constant,
    Set<String> thrown,
    String generic) {
  private static final String GENERIC = " // ";
  private static final String THROWS = " throws ";
  private static final String CONSTANT = " = ";

  ApiLine {
    modifiers = ordered(modifiers);
    thrown = ordered(thrown);
  }

  private static Set<String> ordered(Set<String> words) {
    SequencedSet<String> kept = new LinkedHashSet<>(words);
    return Collections.unmodifiableSequencedSet(kept);
  }

  /** Makes a declaration with only a key. */
  static ApiLine of(String kind, String key, String generic) {
    return new ApiLine(
        kind, Set.of(), "", key, Optional.empty(), Set.of(), generic.equals(key) ? "" : generic);
  }

  boolean is(String modifier) {
    return modifiers.contains(modifier);
  }

  /** Returns what no other line of its type has. */
  String identity() {
    return kind + " " + key;
  }

  private static boolean hasType(String kind) {
    return kind.equals("field") || kind.equals("method");
  }

  static ApiLine parse(String line) {
    String rest = line;
    String generic = "";
    Optional<String> constant = Optional.empty();
    Set<String> thrown = Set.of();
    int at = rest.indexOf(CONSTANT);
    if (at >= 0) {
      constant = Optional.of(rest.substring(at + CONSTANT.length()));
      rest = rest.substring(0, at);
    }
    at = rest.indexOf(GENERIC);
    if (at >= 0) {
      generic = rest.substring(at + GENERIC.length());
      rest = rest.substring(0, at);
    }
    at = rest.indexOf(THROWS);
    if (at >= 0) {
      thrown = words(rest.substring(at + THROWS.length()), ",");
      rest = rest.substring(0, at);
    }
    List<String> words = new ArrayList<>(List.of(rest.split(" ")));
    String kind = words.removeFirst();
    String key = words.removeLast();
    String type = hasType(kind) ? words.removeLast() : "";
    return new ApiLine(kind, new LinkedHashSet<>(words), type, key, constant, thrown, generic);
  }

  private static Set<String> words(String text, String separator) {
    return Arrays.stream(text.split(separator))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  @Override
  public String toString() {
    List<String> words = new ArrayList<>(List.of(kind));
    words.addAll(modifiers);
    if (!type.isEmpty()) {
      words.add(type);
    }
    words.add(key);
    String line = String.join(" ", words);
    if (!thrown.isEmpty()) {
      line += THROWS + String.join(",", thrown);
    }
    if (!generic.isEmpty()) {
      line += GENERIC + generic;
    }
    return line + constant.map(CONSTANT::concat).orElse("");
  }
}
