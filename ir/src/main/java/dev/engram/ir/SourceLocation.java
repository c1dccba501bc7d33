package dev.engram.ir;

import dev.engram.ir.checks.Given;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.StackWalker.StackFrame;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
        .filter(f -> !Library.has(f.getClassName()))
        .findFirst()
        .map(f -> at(f.getFileName(), f.getLineNumber()))
        .orElse(UNKNOWN);
  }

  private static SourceLocation at(@Nullable String file, int line) {
    return new SourceLocation(file == null ? "" : file, line);
  }

  private static SourceLocation firstUserFrame(Stream<StackFrame> frames) {
    return frames
        .filter(f -> !Library.HAS.get(f.getDeclaringClass()))
        .findFirst()
        .map(f -> at(f.getFileName(), f.getLineNumber()))
        .orElse(UNKNOWN);
  }

  /** Which classes are the library's own, or the JDK's below it. */
  private static final class Library {
    /** Packages that use the library as users do. */
    private static final List<String> PROGRAMS =
        List.of(
            "dev.engram.tests.", "dev.engram.examples.", "dev.engram.cli.", "dev.engram.bench.");

    /**
     * A resource that the tests of the library bring along, and the library does not: ends of the
     * names of classes in its packages that count as the user's, one a line.
     */
    private static final String TESTS = "META-INF/dev.engram.user-classes";

    private static final List<String> TEST_NAMES = testNames();

    static final ClassValue<Boolean> HAS =
        new ClassValue<>() {
          @Override
          protected Boolean computeValue(Class<?> c) {
            return has(c.getName());
          }
        };

    private static boolean has(String className) {
      if (className.startsWith("java.") || className.startsWith("jdk.")) {
        return true;
      }
      if (!className.startsWith("dev.engram.")) {
        return false;
      }
      int nested = className.indexOf('$');
      String top = nested < 0 ? className : className.substring(0, nested);
      return PROGRAMS.stream().noneMatch(top::startsWith)
          && TEST_NAMES.stream().noneMatch(top::endsWith);
    }

    private static List<String> testNames() {
      try (InputStream in = SourceLocation.class.getClassLoader().getResourceAsStream(TESTS)) {
        return in == null
            ? List.of()
            : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
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
