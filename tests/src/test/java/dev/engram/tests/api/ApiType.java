package dev.engram.tests.api;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A public type: a line for itself, below it one for each of its declarations.
 *
 * @param kind {@code class}, {@code interface}, {@code enum}, {@code record} or {@code annotation}
 * @param generic its type parameters, empty if it has none
 */
record ApiType(
    Set<String> modifiers, String kind, String name, String generic, List<ApiLine> lines) {
  private static final String GENERIC = " // ";

  ApiType {
    modifiers = Collections.unmodifiableSet(new LinkedHashSet<>(modifiers));
    lines = List.copyOf(lines);
  }

  boolean is(String modifier) {
    return modifiers.contains(modifier);
  }

  boolean isInterface() {
    return kind.equals("interface");
  }

  /** True when users can write subtypes. */
  boolean isExtensible() {
    return switch (kind) {
      case "interface" -> !is("sealed");
      case "class" ->
          !is("final")
              && !is("sealed")
              && lines.stream().anyMatch(l -> l.kind().equals("constructor"));
      default -> false;
    };
  }

  Map<String, ApiLine> byIdentity() {
    Map<String, ApiLine> all = new TreeMap<>();
    lines.forEach(line -> all.put(line.identity(), line));
    return all;
  }

  /** Returns the types that it extends and implements, erased. */
  Stream<String> supertypes() {
    return lines.stream()
        .filter(l -> l.kind().equals("extends") || l.kind().equals("implements"))
        .map(ApiLine::key);
  }

  /** Parses the first line of a type and those below it. */
  static ApiType parse(String header, List<String> lines) {
    int at = header.indexOf(GENERIC);
    String generic = at < 0 ? "" : header.substring(at + GENERIC.length());
    List<String> words =
        new ArrayList<>(List.of((at < 0 ? header : header.substring(0, at)).split(" ")));
    String name = words.removeLast();
    String kind = words.removeLast();
    return new ApiType(
        new LinkedHashSet<>(words),
        kind,
        name,
        generic,
        lines.stream().map(ApiLine::parse).toList());
  }

  String header() {
    List<String> words = new ArrayList<>(modifiers);
    words.addAll(List.of(kind, name));
    return String.join(" ", words) + (generic.isEmpty() ? "" : GENERIC + generic);
  }
}
