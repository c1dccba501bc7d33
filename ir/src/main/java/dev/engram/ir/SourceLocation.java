package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.LibraryClasses;
import java.lang.StackWalker.StackFrame;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's own source line that an equation comes from.
 *
 * @param file simple file name, {@code GruNet.java}
 * @param line 1-based line, 0 when unknown
 */
public record SourceLocation(String file, int line) {
  public SourceLocation {
    Given.given("SourceLocation", "file", file);
  }

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
        .map(f -> at(f.getFileName(), f.getLineNumber()))
        .orElse(UNKNOWN);
  }

  private static SourceLocation at(@Nullable String file, int line) {
    return new SourceLocation(file == null ? "" : file, line);
  }

  private static SourceLocation firstUserFrame(Stream<StackFrame> frames) {
    return frames
        .filter(f -> !LibraryClasses.has(f.getDeclaringClass()))
        .findFirst()
        .map(f -> at(f.getFileName(), f.getLineNumber()))
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

  public boolean isKnown() {
    return line > 0;
  }

  /** {@code GruNet.java:21}, or {@code unknown line}. */
  @Override
  public String toString() {
    return isKnown() ? file + ":" + line : "unknown line";
  }
}
