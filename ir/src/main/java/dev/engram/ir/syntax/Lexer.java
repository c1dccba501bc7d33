package dev.engram.ir.syntax;

import dev.engram.ir.TextLimits;
import dev.engram.ir.text.GraphParseException;
import java.util.Arrays;

/** Splits text into tokens, one ahead; line breaks are blanks, comments run from {@code //}. */
public final class Lexer {
  public enum Kind {
    /** {@code add}, {@code f32}. */
    WORD,
    /** {@code %x}; the text is without the sign. */
    VARIABLE,
    /** {@code @f} or {@code @"any text"}; the text is without the sign. */
    GRAPH_NAME,
    /** {@code "…"}; the text is without quotes and escapes. */
    STRING,
    NUMBER,
    SYMBOL,
    END
  }

  /**
   * @param start where it starts in the text
   * @param comment the comment that follows the token before on the same line, without slashes
   */
  public record Token(Kind kind, String text, int start, String comment) {
    public boolean is(String symbol) {
      return kind == Kind.SYMBOL && text.equals(symbol);
    }

    public boolean isWord(String word) {
      return kind == Kind.WORD && text.equals(word);
    }

    /** As shown in errors. */
    String shown() {
      String body = text.length() > 40 ? text.substring(0, 40) + "…" : text;
      return switch (kind) {
        case WORD, NUMBER, SYMBOL -> "`" + body + "`";
        case VARIABLE -> "`%" + body + "`";
        case GRAPH_NAME -> "`@" + body + "`";
        case STRING -> Literals.quoted(body);
        case END -> "the end of the text";
      };
    }
  }

  private final String text;
  private final TextLimits limits;
  private final int[] lineStarts;
  private int at;
  private Token next;

  Lexer(String text, TextLimits limits) {
    this.text = text;
    this.limits = limits;
    this.lineStarts = lineStarts(text);
    this.next = scan();
  }

  private static int[] lineStarts(String text) {
    int[] starts = new int[16];
    int n = 1;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\n') {
        starts = n == starts.length ? Arrays.copyOf(starts, 2 * n) : starts;
        starts[n++] = i + 1;
      }
    }
    return Arrays.copyOf(starts, n);
  }

  Token peek() {
    return next;
  }

  Token take() {
    Token t = next;
    next = scan();
    return t;
  }

  /** The 1-based line of a position. */
  int line(int position) {
    int i = Arrays.binarySearch(lineStarts, position);
    return i >= 0 ? i + 1 : -i - 1;
  }

  GraphParseException error(int position, String problem) {
    int line = line(position);
    return new GraphParseException(line, position - lineStarts[line - 1] + 1, problem);
  }

  private Token scan() {
    String comment = trivia();
    int start = at;
    if (at == text.length()) {
      return new Token(Kind.END, "", start, comment);
    }
    char c = text.charAt(at);
    if (isLetter(c)) {
      return new Token(Kind.WORD, named(start, name()), start, comment);
    }
    if (c == '%') {
      at++;
      return new Token(
          Kind.VARIABLE,
          named(start, nameAfter(start, "% and a name such as %0 or %x")),
          start,
          comment);
    }
    if (c == '@') {
      at++;
      String name =
          at < text.length() && text.charAt(at) == '"'
              ? string()
              : nameAfter(start, "@ and a name such as @f");
      return new Token(Kind.GRAPH_NAME, named(start, name), start, comment);
    }
    if (c == '"') {
      return new Token(Kind.STRING, string(), start, comment);
    }
    if (isDigit(c) || (c == '-' && !followedBy('>'))) {
      return new Token(Kind.NUMBER, number(), start, comment);
    }
    at++;
    if (c == '-') {
      at++;
      return new Token(Kind.SYMBOL, "->", start, comment);
    }
    if ("(){}[],:=<".indexOf(c) >= 0) {
      return new Token(Kind.SYMBOL, String.valueOf(c), start, comment);
    }
    throw error(start, "found " + shown(c) + ", which starts no token");
  }

  private static String shown(char c) {
    return c > ' ' && c < 0x7f ? "`" + c + "`" : String.format("the character U+%04X", (int) c);
  }

  /** Skips blanks and comments; gives the first comment before a line break. */
  private String trivia() {
    String first = "";
    boolean sameLine = at > 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '/' && followedBy('/')) {
        int end = text.indexOf('\n', at);
        end = end < 0 ? text.length() : end;
        if (sameLine && first.isEmpty()) {
          first = text.substring(at + 2, end);
        }
        at = end;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        sameLine &= c != '\n';
        at++;
      } else {
        break;
      }
    }
    return first;
  }

  private boolean followedBy(char c) {
    return at + 1 < text.length() && text.charAt(at + 1) == c;
  }

  private String name() {
    int start = at;
    while (at < text.length() && isNamePart(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at);
  }

  private String named(int start, String name) {
    check(start, "a name", name.length(), limits.name(), "withName");
    return name;
  }

  /** Refuses a token of {@code n} characters where the limit says so. */
  void check(int start, String what, int n, int limit, String raise) {
    if (n > limit) {
      throw error(start, exceeded(what + " of " + n + " characters", limit, raise));
    }
  }

  private String nameAfter(int start, String expected) {
    String name = name();
    if (name.isEmpty()) {
      throw error(start, "found " + shown(text.charAt(start)) + " alone, expected " + expected);
    }
    return name;
  }

  // -? digits [. digits] [e [+-] digits]  |  0x hex digits  |  -inf
  private String number() {
    int start = at;
    if (text.charAt(at) == '-') {
      at++;
    }
    if (at < text.length() && isLetter(text.charAt(at))) {
      name();
    } else {
      while (at < text.length() && isNumberPart(start)) {
        at++;
      }
    }
    // No value needs more digits than the standard limit.
    check(start, "a number", at - start, limits.number(), "withNumber");
    String number = text.substring(start, at);
    if (!number.matches("-?[0-9]+(\\.[0-9]+)?(e[+-]?[0-9]+)?|0x[0-9a-f]{1,16}|-inf")) {
      throw error(start, "found `" + number + "`, expected a number such as 1, -2.5 or 1.0e-3");
    }
    return number;
  }

  private boolean isNumberPart(int start) {
    char c = text.charAt(at);
    boolean sign = (c == '+' || c == '-') && at > start && text.charAt(at - 1) == 'e';
    return isDigit(c) || isLetter(c) || c == '.' || sign;
  }

  private String string() {
    int start = at++;
    StringBuilder out = new StringBuilder();
    while (at < text.length() && text.charAt(at) != '"' && text.charAt(at) != '\n') {
      char c = text.charAt(at++);
      out.append(c == '\\' ? escape() : c);
    }
    if (at == text.length() || text.charAt(at) != '"') {
      throw error(
          start, "found a string without an end, expected a closing quote on the same line");
    }
    at++;
    return out.toString();
  }

  private char escape() {
    int start = at - 1;
    char c = at < text.length() ? text.charAt(at++) : ' ';
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '"', '\\':
        return c;
      case 'u':
        if (at + 4 <= text.length() && text.substring(at, at + 4).matches("[0-9a-f]{4}")) {
          at += 4;
          return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        break;
      default:
        break;
    }
    throw error(
        start, "found an unknown escape, expected \\\", \\\\, \\n, \\t or \\u and four hex digits");
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isNamePart(char c) {
    return isLetter(c) || isDigit(c) || c == '.';
  }

  /**
   * What a text that exceeds {@code limit} is told.
   *
   * @param found what is too much, with its number
   * @param raise the method that gives more
   */
  static String exceeded(String found, long limit, String raise) {
    return "found %s, expected at most %d; where the text can be trusted, read it with TextLimits.standard().%s(…)"
        .formatted(found, limit, raise);
  }
}
