package dev.engram.tests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a published module exports to all has a comment; see {@link JavadocGaps}. */
class JavadocTest {
  private static final Pattern EXPORT = Pattern.compile("(?m)^ *exports ([\\w.]+);");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "autodiff",
        "backend-cpu",
        "backend-cuda",
        "core",
        "etrace",
        "ir",
        "lower",
        "plot",
        "testkit"
      })
  void everythingExportedIsDocumented(String module) throws IOException {
    Path sources = Sources.ROOT.resolve(module).resolve("src/main/java");
    List<Path> packages =
        EXPORT
            .matcher(Files.readString(sources.resolve("module-info.java")))
            .results()
            .map(m -> sources.resolve(m.group(1).replace('.', '/')))
            .toList();
    assertFalse(packages.isEmpty(), module);
    List<String> gaps = new ArrayList<>();
    for (Path p : packages) {
      gaps.addAll(gaps(p));
    }
    assertTrue(gaps.isEmpty(), () -> "without a comment:\n" + String.join("\n", gaps));
  }

  private static List<String> gaps(Path folder) throws IOException {
    try (StandardJavaFileManager files =
            Objects.requireNonNull(ToolProvider.getSystemJavaCompiler())
                .getStandardFileManager(null, null, null);
        Stream<Path> list = Files.list(folder)) {
      List<JavaFileObject> sources = new ArrayList<>();
      files
          .getJavaFileObjectsFromPaths(
              list.filter(f -> f.toString().endsWith(".java")).sorted().toList())
          .forEach(sources::add);
      assertFalse(sources.isEmpty(), folder::toString);
      return JavadocGaps.of(sources);
    }
  }

  @Test
  void eachKindOfGapIsFound() {
    assertEquals(
        List.of(
            "A (line 1)",
            "A.FIELD (line 2)",
            "new A(int) (line 3)",
            "A.method(int, String) (line 4)",
            "A.E.ONE (line 7)",
            "A.I.required() (line 10)",
            "A.I.Inner (line 11)",
            "new A.R(int) (line 15)"),
        gaps(
            """
            public class A {
              public static final int FIELD = 1;
              protected A(int x) {}
              public void method(int x, String y) {}
              /** An enum. */
              public enum E {
                ONE
              }
              /** An interface. */
              public interface I { void required();
                class Inner {}
              }
              /** A record. */
              public record R(int x, int y) {
                public R(int x) { this(x, 0); }
              }
            }
            """));
  }

  @Test
  void whatNeedsNoCommentIsNoGap() {
    assertEquals(
        List.of(),
        gaps(
            """
            /** A class with the constructor of the compiler. */
            public class A {
              int inner;
              private void hidden() {}
              void ofThePackage() {}
              @Override public String toString() { return ""; }
              /** A record. */
              public record R(int x, int y) {
                public R {}
                public int x() { return x; }
              }
              /** A record whose constructor is written out. */
              protected record S(int x, int y) {
                public S(int x, int y) { this.x = x; this.y = y; }
              }
              private static class Hidden {
                public void method() {}
              }
            }
            class B {
              public void method() {}
            }
            """));
  }

  private static List<String> gaps(String source) {
    return JavadocGaps.of(
        List.of(
            new SimpleJavaFileObject(URI.create("string:///A.java"), JavaFileObject.Kind.SOURCE) {
              @Override
              public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
              }
            }));
  }
}
