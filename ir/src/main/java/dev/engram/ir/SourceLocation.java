package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.LibraryClasses;
import dev.engram.ir.runtime.ShellSnippet;
import java.lang.StackWalker.StackFrame;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's own source line that an equation comes from.
 *
 * <p>In JShell and in notebooks it is a line of a snippet, counted from the snippet's first, or,
 * for a variable, from that of its value: {@code JShell GruNet:7} in the declaration of that class
 * or method, {@code JShell:2} in an expression, a statement or a variable.
 *
 * @param file simple file name, {@code GruNet.java}
 * @param line 1-based line, 0 when unknown
 */
public record SourceLocation(String file, int line) {
  public SourceLocation {
    Given.given("SourceLocation", "file", file);
  }

  /** No line of the user's. */
  public static final SourceLocation UNKNOWN = new SourceLocation("", 0);

  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** The innermost frame of the calling thread that is not the library's own. */
  public static SourceLocation here() {
    return WALKER.walk(SourceLocation::firstUserFrame);
  }

  /** The innermost line of the user in what {@code thrown} says; unknown where there is none. */
  public static SourceLocation of(Throwable thrown) {
    Given.given("SourceLocation.of", "thrown", thrown);
    return Stream.of(thrown.getStackTrace())
        .filter(f -> !LibraryClasses.has(f.getClassName()))
        .findFirst()
        .map(SourceLocation::at)
        .orElse(UNKNOWN);
  }

  private static SourceLocation at(StackTraceElement f) {
    // Its class is known by name alone; JShell's loader is that of the thread.
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    ShellSnippet snippet =
        ShellSnippet.of(f.getClassName(), loader, f.getMethodName(), f.getLineNumber());
    return at(snippet, f.getFileName(), f.getLineNumber());
  }

  /** The line of a frame. */
  public static SourceLocation of(StackFrame frame) {
    Given.given("SourceLocation.of", "frame", frame);
    ShellSnippet snippet =
        ShellSnippet.of(
            frame.getClassName(),
            frame.getDeclaringClass().getClassLoader(),
            frame.getMethodName(),
            frame.getLineNumber());
    return at(snippet, frame.getFileName(), frame.getLineNumber());
  }

  private static SourceLocation at(
      @Nullable ShellSnippet snippet, @Nullable String file, int line) {
    return snippet == null
        ? new SourceLocation(file == null ? "" : file, line)
        : new SourceLocation(snippet.name(), snippet.line());
  }

  private static SourceLocation firstUserFrame(Stream<StackFrame> frames) {
    return frames
        .filter(f -> !LibraryClasses.has(f.getDeclaringClass()))
        .findFirst()
        .map(SourceLocation::of)
        .orElse(UNKNOWN);
  }

  /** {@code message} with this line, where it is known, in front of the fix after the semicolon. */
  public String in(String message) {
    Given.given("SourceLocation.in", "message", message);
    if (!isKnown()) {
      return message;
    }
    int fix = message.indexOf("; ");
    return fix < 0
        ? message + " (" + this + ")"
        : message.substring(0, fix) + " (" + this + ")" + message.substring(fix);
  }

  /** False for {@link #UNKNOWN}. */
  public boolean isKnown() {
    return line > 0;
  }

  /** {@code GruNet.java:21}, or {@code unknown line}. */
  @Override
  public String toString() {
    return isKnown() ? file + ":" + line : "unknown line";
  }
}
