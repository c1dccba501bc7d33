package dev.engram.backend.cuda.text;

import java.util.Locale;

/** Lines of code, indented. */
final class CodeWriter {
  private final StringBuilder out = new StringBuilder();
  private int depth;

  /** Numbers are written by {@code %s}, which is the same in every language. */
  void line(String format, Object... args) {
    out.append("  ".repeat(depth))
        .append(args.length == 0 ? format : String.format(Locale.ROOT, format, args));
    out.append('\n');
  }

  /** A line that ends with an opening brace; {@link #close} belongs to it. */
  void open(String format, Object... args) {
    line(format, args);
    depth++;
  }

  void close() {
    depth--;
    line("}");
  }

  /** The lines of another one. */
  void lines(CodeWriter other) {
    other.out.toString().lines().forEach(l -> line("%s", l));
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
