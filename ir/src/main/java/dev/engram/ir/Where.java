package dev.engram.ir;

import java.lang.StackWalker.StackFrame;
import java.util.stream.Stream;

/**
 * The user's own source line that an equation comes from.
 *
 * @param file simple file name, {@code GruNet.java}
 * @param line 1-based line, 0 when unknown
 */
public record Where(String file, int line) {
  public static final Where UNKNOWN = new Where("", 0);

  private static final StackWalker WALKER = StackWalker.getInstance();

  /** The innermost frame of the calling thread that is not the library's own. */
  public static Where here() {
    return WALKER.walk(Where::firstUserFrame);
  }

  private static Where firstUserFrame(Stream<StackFrame> frames) {
    return frames
        .filter(f -> !isLibrary(f.getClassName()))
        .findFirst()
        .map(f -> new Where(f.getFileName() == null ? "" : f.getFileName(), f.getLineNumber()))
        .orElse(UNKNOWN);
  }

  private static boolean isLibrary(String className) {
    if (className.startsWith("java.") || className.startsWith("jdk.")) {
      return true;
    }
    if (!className.startsWith("dev.engram.")) {
      return false;
    }
    int nested = className.indexOf('$');
    String top = nested < 0 ? className : className.substring(0, nested);
    boolean user =
        top.startsWith("dev.engram.tests.")
            || top.startsWith("dev.engram.examples.")
            || top.startsWith("dev.engram.cli.")
            || top.startsWith("dev.engram.bench.")
            || top.endsWith("Test")
            || top.endsWith("Properties");
    return !user;
  }

  public boolean isKnown() {
    return line > 0;
  }

  /** {@code GruNet.java:21}, or {@code unknown line}. */
  @Override
  public String toString() {
    return isKnown() ? file + ":" + line : "unknown line";
  }
}
