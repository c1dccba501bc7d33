package dev.engram.cli.terminal;

import java.util.Arrays;

/** Describes an unexpected exception in one line. */
public final class Unexpected {
  private Unexpected() {}

  /** {@code ArithmeticException: integer overflow (at Math.java:1079)}. */
  public static String line(Throwable e) {
    return in("", e);
  }

  /** The same, with the first line in a class whose name has this prefix. */
  public static String in(String names, Throwable e) {
    String what =
        e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    return Arrays.stream(e.getStackTrace())
        .filter(f -> f.getClassName().startsWith(names))
        .findFirst()
        .map(f -> what + " (at " + f.getFileName() + ":" + f.getLineNumber() + ")")
        .orElse(what);
  }
}
