package dev.engram.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A strict RFC 8259 reader: one value, no comments, no trailing commas, no duplicate names, at most
 * {@link #MAX_DEPTH} levels. Its cost is linear in the length of the text. Numbers keep their text,
 * because expanding {@code 1e999999999} would exhaust memory.
 */
sealed interface Json {
  int MAX_DEPTH = 64;

  record Obj(Map<String, Json> members) implements Json {}

  record Arr(List<Json> items) implements Json {}

  record Str(String value) implements Json {}

  record Num(String text) implements Json {}

  record Bool(boolean value) implements Json {}

  record Null() implements Json {}

  /** How an error message refers to this value. */
  default String kind() {
    return switch (this) {
      case Obj _ -> "an object";
      case Arr _ -> "an array";
      case Str _ -> "a string";
      case Num _ -> "a number";
      case Bool _ -> "a boolean";
      case Null _ -> "null";
    };
  }

  /**
   * Reads {@code text}, which may be surrounded by white space.
   *
   * @throws FormatException with the character offset and what was expected there
   */
  static Json parse(String text) throws FormatException {
    Parser parser = new Parser(text);
    parser.skipSpace();
    Json value = parser.value(0);
    parser.skipSpace();
    if (!parser.atEnd()) {
      throw parser.expected("the end of the text");
    }
    return value;
  }

  /** Appends {@code value} as a JSON string literal, quotes included. */
  static void quote(String value, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /** Recursive descent over one text. */
  final class Parser {
    private final String text;
    private int at;

    private Parser(String text) {
      this.text = text;
    }

    private boolean atEnd() {
      return at == text.length();
    }

    private char peek() {
      return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean accept(char c) {
      if (!atEnd() && text.charAt(at) == c) {
        at++;
        return true;
      }
      return false;
    }

    private void skipSpace() {
      while (!atEnd() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }

    private FormatException expected(String what) {
      String got = atEnd() ? "the text ends" : "got " + visible(text.charAt(at));
      return new FormatException(
          "invalid JSON at character " + at + ": expected " + what + ", " + got);
    }

    private static String visible(char c) {
      return c > ' ' && c < 0x7f ? "'" + c + "'" : String.format("U+%04X", (int) c);
    }

    private Json value(int depth) throws FormatException {
      if (depth > MAX_DEPTH) {
        throw new FormatException(
            "invalid JSON at character " + at + ": nested deeper than " + MAX_DEPTH + " levels");
      }
      return switch (peek()) {
        case '{' -> object(depth);
        case '[' -> array(depth);
        case '"' -> new Str(string());
        case 't' -> word("true", new Bool(true));
        case 'f' -> word("false", new Bool(false));
        case 'n' -> word("null", new Null());
        case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
        default -> throw expected("a value");
      };
    }

    private Json object(int depth) throws FormatException {
      at++;
      Map<String, Json> members = new LinkedHashMap<>();
      skipSpace();
      if (accept('}')) {
        return new Obj(members);
      }
      do {
        skipSpace();
        int start = at;
        if (peek() != '"') {
          throw expected("a quoted name");
        }
        String name = string();
        skipSpace();
        if (!accept(':')) {
          throw expected("':' after a name");
        }
        skipSpace();
        Json value = value(depth + 1);
        if (members.putIfAbsent(name, value) != null) {
          throw new FormatException(
              "invalid JSON at character " + start + ": the name \"" + name + "\" occurs twice");
        }
        skipSpace();
      } while (accept(','));
      if (!accept('}')) {
        throw expected("',' or '}'");
      }
      return new Obj(members);
    }

    private Json array(int depth) throws FormatException {
      at++;
      List<Json> items = new ArrayList<>();
      skipSpace();
      if (accept(']')) {
        return new Arr(items);
      }
      do {
        skipSpace();
        items.add(value(depth + 1));
        skipSpace();
      } while (accept(','));
      if (!accept(']')) {
        throw expected("',' or ']'");
      }
      return new Arr(items);
    }

    private String string() throws FormatException {
      at++;
      StringBuilder out = new StringBuilder();
      while (!atEnd()) {
        char c = text.charAt(at);
        if (c == '"') {
          at++;
          return wellFormed(out.toString());
        }
        if (c < 0x20) {
          throw expected("an escaped control character");
        }
        at++;
        out.append(c == '\\' ? escape() : c);
      }
      throw expected("'\"' at the end of a string");
    }

    /** A half of a surrogate pair has no meaning by itself and could not be written again. */
    private String wellFormed(String string) throws FormatException {
      for (int i = 0; i < string.length(); i++) {
        if (Character.isHighSurrogate(string.charAt(i))
            && i + 1 < string.length()
            && Character.isLowSurrogate(string.charAt(i + 1))) {
          i++;
        } else if (Character.isSurrogate(string.charAt(i))) {
          throw new FormatException(
              "invalid JSON: the string that ends at character "
                  + at
                  + " has half a surrogate pair");
        }
      }
      return string;
    }

    private char escape() throws FormatException {
      char c = peek();
      at += atEnd() ? 0 : 1;
      return switch (c) {
        case '"', '\\', '/' -> c;
        case 'b' -> '\b';
        case 'f' -> '\f';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        case 'u' -> unicode();
        default -> {
          at--;
          throw expected("one of \" \\ / b f n r t u after '\\'");
        }
      };
    }

    private char unicode() throws FormatException {
      int code = 0;
      for (int i = 0; i < 4; i++) {
        int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
        if (digit < 0) {
          throw expected("four hexadecimal digits after \\u");
        }
        code = code * 16 + digit;
        at++;
      }
      return (char) code;
    }

    private Json number() throws FormatException {
      int start = at;
      accept('-');
      if (!accept('0')) {
        digits();
      }
      if (accept('.')) {
        digits();
      }
      if (accept('e') || accept('E')) {
        if (!accept('+')) {
          accept('-');
        }
        digits();
      }
      return new Num(text.substring(start, at));
    }

    private void digits() throws FormatException {
      if (peek() < '0' || peek() > '9') {
        throw expected("a digit");
      }
      while (peek() >= '0' && peek() <= '9') {
        at++;
      }
    }

    private Json word(String word, Json value) throws FormatException {
      for (int i = 0; i < word.length(); i++) {
        if (!accept(word.charAt(i))) {
          throw expected("'" + word + "'");
        }
      }
      return value;
    }
  }
}
