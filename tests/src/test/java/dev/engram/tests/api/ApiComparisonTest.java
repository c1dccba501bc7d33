package dev.engram.tests.api;

import static dev.engram.tests.api.Difference.Break.COMPILED_CALLERS;
import static dev.engram.tests.api.Difference.Break.COMPILED_IMPLEMENTERS;
import static dev.engram.tests.api.Difference.Break.SOURCES_OF_CALLERS;
import static dev.engram.tests.api.Difference.Break.SOURCES_OF_IMPLEMENTERS;
import static dev.engram.tests.api.Difference.CALLERS;
import static dev.engram.tests.api.Difference.IMPLEMENTERS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.tests.api.Difference.Break;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The verdicts on changes are correct: they are checked with javac and the JVM, on a program
 * written for the earlier version.
 */
class ApiComparisonTest {
  @TempDir Path folder;

  /**
   * A change of {@code a.A}.
   *
   * @param user a class {@code b.B} with a main method, written for the earlier version
   * @param breaks the verdict of the comparison
   */
  record Change(String before, String after, String user, Set<Break> breaks) {
    @Override
    public String toString() {
      return before + " -> " + after;
    }
  }

  private static final Set<Break> NOTHING = Set.of();
  private static final Set<Break> SOURCES = Set.of(SOURCES_OF_CALLERS);
  private static final Set<Break> COMPILED = Set.of(COMPILED_CALLERS);

  private static Change change(String before, String after, Set<Break> breaks, String user) {
    return new Change(before, after, user, breaks);
  }

  /** Returns a user whose main method is {@code code}. */
  private static String calls(String code) {
    return "class B { public static void main(String[] args) throws Exception { " + code + " } }";
  }

  /** Returns a subtype of {@code type} with these methods, one of which is called. */
  private static String extending(String type, String methods, String call) {
    return "class B %s { %s public static void main(String[] args) { new B().%s; } }"
        .formatted(type, methods, call);
  }

  static Stream<Change> changes() {
    return Stream.of(methods(), types(), fields(), subtypes()).flatMap(List::stream);
  }

  private static List<Change> methods() {
    return List.of(
        change(
            "public final class A { public static void f() {} }",
            "public final class A { }",
            CALLERS,
            calls("A.f();")),
        change(
            "public final class A { public static void f() {} }",
            "public final class A { public static void f() {} public static void f(int x) {} }",
            NOTHING,
            calls("A.f();")),
        change(
            "public final class A { public static Up f() { return null; }"
                + " public interface Up {} public interface Low extends Up {} }",
            "public final class A { public static Low f() { return null; }"
                + " public interface Up {} public interface Low extends Up {} }",
            COMPILED,
            calls("A.Up up = A.f();")),
        change(
            "public final class A { public static Integer f() { return 1; } }",
            "public final class A { public static Number f() { return 1; } }",
            CALLERS,
            calls("Integer i = A.f();")),
        change(
            "public final class A { public static List<String> f() { return List.of(); } }",
            "public final class A { public static List<Integer> f() { return List.of(); } }",
            SOURCES,
            calls("List<String> strings = A.f();")),
        change(
            "public final class A { public static void f() {} }",
            "public final class A { public static void f() throws java.io.IOException {} }",
            SOURCES,
            "class B { public static void main(String[] args) { A.f(); } }"),
        change(
            "public final class A { public static void f() {} }",
            "public final class A { public static void f() throws IllegalStateException {} }",
            NOTHING,
            "class B { public static void main(String[] args) { A.f(); } }"),
        change(
            "public final class A { public static void f() {} }",
            "public final class A { public void f() {} }",
            CALLERS,
            calls("A.f();")),
        change(
            "public final class A { public static void f(int... x) {} }",
            "public final class A { public static void f(int[] x) {} }",
            SOURCES,
            calls("A.f(1, 2);")),
        change(
            "public class A { public void f() {} }",
            "public class A { protected void f() {} }",
            CALLERS,
            calls("new A().f();")),
        change(
            "public final class A { public A(int x) {} }",
            "public final class A { public A(long x, int y) {} }",
            CALLERS,
            calls("new A(1);")),
        change(
            "public class A { public static class Up {}"
                + " public static class Low extends Up { public void f() {} } }",
            "public class A { public static class Up { public void f() {} }"
                + " public static class Low extends Up {} }",
            NOTHING,
            calls("new A.Low().f();")),
        change(
            "public final class A extends H { } class H { public void f() {} }",
            "public final class A extends H { } class H { }",
            CALLERS,
            calls("new A().f();")));
  }

  private static List<Change> types() {
    return List.of(
        change(
            "public final class A { public static class X {} }",
            "public final class A { static class X {} }",
            CALLERS,
            calls("new A.X();")),
        change("public class A { }", "public abstract class A { }", CALLERS, calls("new A();")),
        change(
            "public final class A { }",
            "public class A implements Runnable { public void run() {} }",
            NOTHING,
            calls("new A();")),
        change(
            "public class A implements Runnable { public void run() {} }",
            "public class A { public void run() {} }",
            CALLERS,
            calls("Runnable r = new A(); r.run();")),
        change(
            "public enum A { X }",
            "public enum A { X, Y }",
            SOURCES,
            calls("int i = switch (A.X) { case X -> 1; };")),
        change(
            "public sealed interface A { record X() implements A {} }",
            "public sealed interface A { record X() implements A {} record Y() implements A {} }",
            SOURCES,
            calls("A a = new A.X(); int i = switch (a) { case A.X x -> 1; };")),
        change(
            "public record A(int x) { }",
            "public record A(int x, int y) { }",
            CALLERS,
            calls("Object a = new A(1); if (a instanceof A(int x)) { }")),
        change(
            "public record A(int x) { }",
            "public record A(int x, int y) { public A(int x) { this(x, 0); } }",
            SOURCES,
            calls("Object a = new A(1); if (a instanceof A(int x)) { }")));
  }

  private static List<Change> fields() {
    return List.of(
        change(
            "public final class A { public static final int X = 1; }",
            "public final class A { public static final int X = 2; }",
            COMPILED,
            calls("if (A.X != A.class.getField(\"X\").getInt(null)) throw new LinkageError();")),
        change(
            "public final class A { public static int x; }",
            "public final class A { public static long x; }",
            CALLERS,
            calls("int i = A.x;")),
        change(
            "public final class A { public int x; }",
            "public final class A { public final int x = 1; }",
            CALLERS,
            calls("new A().x = 1;")),
        change(
            "public final class A { public static final Integer X = Integer.valueOf(1); }",
            "public final class A { public static final Integer X = Integer.valueOf(2);"
                + " public static int y; }",
            NOTHING,
            calls("Integer i = A.X;")));
  }

  private static List<Change> subtypes() {
    return List.of(
        change(
            "public interface A { default void run() {} }",
            "public interface A { default void run() { g(); } void g(); }",
            IMPLEMENTERS,
            extending("implements A", "", "run()")),
        change(
            "public interface A { default void run() {} }",
            "public interface A { default void run() { g(); } default void g() {} }",
            NOTHING,
            extending("implements A", "", "run()")),
        change(
            "public abstract class A { public void run() {} }",
            "public abstract class A { public void run() { g(); } protected abstract void g(); }",
            IMPLEMENTERS,
            extending("extends A", "", "run()")),
        change(
            "public interface A { interface X { void g(); } interface Y { default void run() {} }"
                + " }",
            "public interface A { interface X { void g(); }"
                + " interface Y extends X { default void run() { g(); } } }",
            IMPLEMENTERS,
            extending("implements A.Y", "", "run()")),
        change(
            "public class A { public void f() {} }",
            "public class A { public final void f() {} }",
            IMPLEMENTERS,
            extending("extends A", "public void f() {}", "f()")),
        change(
            "public class A { protected void f() {} }",
            "public class A { public void f() {} }",
            Set.of(SOURCES_OF_IMPLEMENTERS),
            extending("extends A", "protected void f() {}", "f()")),
        change(
            "public class A { }",
            "public final class A { }",
            IMPLEMENTERS,
            extending("extends A", "", "hashCode()")),
        change(
            "public class A { protected void f() {} }",
            "public class A { }",
            IMPLEMENTERS,
            extending("extends A", "", "f()")));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void breaksWhatItIsSaidToBreak(Change change) throws Exception {
    Path before = library("before", change.before());
    Path after = library("after", change.after());
    Set<Break> said = EnumSet.noneOf(Break.class);
    List<Difference> differences = ApiComparison.of(read(before), read(after));
    differences.forEach(d -> said.addAll(d.breaks()));
    assertEquals(change.breaks(), said, () -> Difference.text(differences));

    Path program = folder.resolve("program");
    String source = "package b; import a.*; import java.util.List; public " + change.user();
    assertTrue(compiles(source, before, program), "the program is wrong");
    assertTrue(runs(program, before), "the program does not run");
    boolean sources = said.contains(SOURCES_OF_CALLERS) || said.contains(SOURCES_OF_IMPLEMENTERS);
    assertEquals(!sources, compiles(source, after, folder.resolve("again")), "javac");
    boolean compiled = said.contains(COMPILED_CALLERS) || said.contains(COMPILED_IMPLEMENTERS);
    assertEquals(!compiled, runs(program, after), "the JVM");
  }

  private Path library(String name, String type) throws IOException {
    Path classes = folder.resolve(name);
    String source = "package a; import java.util.List; " + type;
    assertEquals(
        0,
        javac(
            "-d",
            classes.toString(),
            write(name + "-src/module-info.java", "module m { exports a; }"),
            write(name + "-src/a/A.java", source)));
    return classes;
  }

  private String write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text).toString();
  }

  private static int javac(String... words) {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    return ToolProvider.findFirst("javac").orElseThrow().run(nowhere, nowhere, words);
  }

  private boolean compiles(String source, Path library, Path to) throws IOException {
    String file = write("b/B.java", source);
    return javac("-d", to.toString(), "-cp", library.toString(), file) == 0;
  }

  private static Api read(Path classes) throws IOException {
    ModuleReference module = ModuleFinder.of(classes).find("m").orElseThrow();
    try (URLClassLoader loader = loader(classes)) {
      return new ApiReader(List.of(module), loader).read(module);
    }
  }

  private static URLClassLoader loader(Path... folders) throws IOException {
    URL[] urls = new URL[folders.length];
    for (int i = 0; i < urls.length; i++) {
      urls[i] = folders[i].toUri().toURL();
    }
    return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
  }

  /** True when a program compiled earlier works with a library. */
  private static boolean runs(Path program, Path library) throws Exception {
    try (URLClassLoader loader = loader(program, library)) {
      Class<?> main = Class.forName("b.B", true, loader);
      main.getMethod("main", String[].class).invoke(null, (Object) new String[0]);
      return true;
    } catch (LinkageError e) {
      return false;
    } catch (InvocationTargetException e) {
      assertTrue(e.getCause() instanceof LinkageError, () -> "got " + e.getCause());
      return false;
    }
  }
}
