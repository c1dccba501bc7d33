package dev.engram.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An answer of a child process: a flat JSON object on one line, whose values are lists of texts or
 * numbers.
 *
 * @param fields a single value is a list of one
 */
record Line(Map<String, List<String>> fields) {
  private static final Pattern FIELD =
      Pattern.compile("\"(\\w+)\"\\s*:\\s*(\\[[^\\]]*\\]|\"[^\"]*\"|[^,\\s}]+)");

  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?(E-?\\d+)?");

  /** Parses {@code text}, if it is such an object. */
  static Optional<Line> parse(String text) {
    if (!text.startsWith("{") || !text.endsWith("}")) {
      return Optional.empty();
    }
    Map<String, List<String>> fields = new LinkedHashMap<>();
    Matcher m = FIELD.matcher(text);
    while (m.find()) {
      List<String> values = new ArrayList<>();
      for (String v : m.group(2).replaceAll("[\\[\\]\"]", "").split(",")) {
        if (!v.isBlank()) {
          values.add(v.strip());
        }
      }
      fields.put(m.group(1), List.copyOf(values));
    }
    return Optional.of(new Line(fields));
  }

  /** Makes an answer with its name. */
  static Line of(String what) {
    return new Line(Map.of()).with("what", what);
  }

  /**
   * Returns this line with one more field.
   *
   * @param value a text, a number, or a list of them
   */
  Line with(String name, Object value) {
    Map<String, List<String>> more = new LinkedHashMap<>(fields);
    more.put(
        name,
        value instanceof List<?> list
            ? list.stream().map(Object::toString).toList()
            : List.of(value.toString()));
    return new Line(more);
  }

  /** The object as JSON. */
  @Override
  public String toString() {
    return fields.entrySet().stream()
        .map(e -> "\"" + e.getKey() + "\": " + json(e.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String json(List<String> values) {
    return values.size() == 1
        ? json(values.getFirst())
        : values.stream().map(Line::json).collect(Collectors.joining(", ", "[", "]"));
  }

  private static String json(String value) {
    return NUMBER.matcher(value).matches() ? value : '"' + value + '"';
  }

  boolean has(String name) {
    return fields.containsKey(name);
  }

  String text(String name) {
    return values(name).getFirst();
  }

  double number(String name) {
    return Double.parseDouble(text(name));
  }

  List<Double> numbers(String name) {
    return values(name).stream().map(Double::valueOf).toList();
  }

  Samples samples(String name) {
    return new Samples(numbers(name));
  }

  private List<String> values(String name) {
    List<String> v = fields.get(name);
    if (v == null || v.isEmpty()) {
      throw new IllegalArgumentException("no \"" + name + "\" in " + fields);
    }
    return v;
  }
}
