package dev.engram.ir.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Which classes are the library's own, or the JDK's below it; the others are the user's. */
public final class LibraryClasses {
  private static final String OURS = "dev.engram.";

  /** Packages that use the library as users do. */
  private static final List<String> PROGRAMS =
      List.of("dev.engram.tests.", "dev.engram.examples.", "dev.engram.cli.", "dev.engram.bench.");

  /**
   * A resource that the tests of the library bring along, and the library does not: ends of the
   * names of classes in its packages that count as the user's, one a line.
   */
  private static final String TESTS = "META-INF/dev.engram.user-classes";

  private static final List<String> TEST_NAMES = testNames();

  private static final ClassValue<Boolean> HAS =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> c) {
          return has(c.getName());
        }
      };

  private LibraryClasses() {}

  public static boolean has(Class<?> c) {
    return HAS.get(c);
  }

  public static boolean has(String className) {
    if (className.startsWith("java.") || className.startsWith("jdk.")) {
      return true;
    }
    if (!className.startsWith(OURS)) {
      return false;
    }
    int nested = className.indexOf('$');
    String top = nested < 0 ? className : className.substring(0, nested);
    return PROGRAMS.stream().noneMatch(top::startsWith)
        && TEST_NAMES.stream().noneMatch(top::endsWith);
  }

  /** True for those of them that are not the JDK's. */
  static boolean hasOwn(Class<?> c) {
    return has(c) && c.getName().startsWith(OURS);
  }

  private static List<String> testNames() {
    try (InputStream in = LibraryClasses.class.getClassLoader().getResourceAsStream(TESTS)) {
      return in == null
          ? List.of()
          : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
