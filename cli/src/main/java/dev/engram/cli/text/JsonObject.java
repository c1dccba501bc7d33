package dev.engram.cli.text;

import dev.engram.ir.HostTensor;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A JSON object (RFC 8259) on one line, with its members in insertion order. Not thread-safe. */
public final class JsonObject {
  private final List<String> members = new ArrayList<>();

  /** Makes an object without members. */
  public JsonObject() {}

  /** Adds a string. */
  public JsonObject put(String name, String text) {
    return member(name, quoted(text));
  }

  /** Adds an integer. */
  public JsonObject put(String name, long number) {
    return member(name, Long.toString(number));
  }

  /** Adds a number; one that is not finite becomes a string: NaN, Infinity or -Infinity. */
  public JsonObject put(String name, double number) {
    String digits = Double.toString(number);
    return member(name, Double.isFinite(number) ? digits : quoted(digits));
  }

  /** Adds true or false. */
  public JsonObject put(String name, boolean flag) {
    return member(name, Boolean.toString(flag));
  }

  /** Adds an object. */
  public JsonObject put(String name, JsonObject object) {
    return member(name, object.toString());
  }

  /** Adds a list of objects. */
  public JsonObject put(String name, List<JsonObject> objects) {
    return member(name, list(objects.stream().map(JsonObject::toString).toList()));
  }

  /** Adds a list of strings. */
  public JsonObject texts(String name, List<String> texts) {
    return member(name, list(texts.stream().map(JsonObject::quoted).toList()));
  }

  /** Adds the elements of a tensor, as arrays nested as deep as it has axes. */
  public JsonObject put(String name, HostTensor tensor) {
    String finite = Printer.elements(tensor).replaceAll("-?nan(\\(0x[0-9a-f]+\\))?", "\"NaN\"");
    return member(name, finite.replaceAll("(-?)inf", "\"$1Infinity\""));
  }

  private JsonObject member(String name, String value) {
    members.add(quoted(name) + ": " + value);
    return this;
  }

  private static String list(List<String> items) {
    return items.stream().collect(Collectors.joining(", ", "[", "]"));
  }

  /** Returns the object in braces. */
  @Override
  public String toString() {
    return members.stream().collect(Collectors.joining(", ", "{", "}"));
  }

  /** Returns a JSON string literal, with escapes for control characters and unpaired surrogates. */
  public static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20 || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
