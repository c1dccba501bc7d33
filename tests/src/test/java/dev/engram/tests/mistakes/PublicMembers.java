package dev.engram.tests.mistakes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Every constructor and method that a user of a module can call, by what the module exports. */
final class PublicMembers {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));

  /** Only unqualified exports count. */
  private static final Pattern EXPORT = Pattern.compile("(?m)^  exports ([a-z.]+);");

  private PublicMembers() {}

  /** The public classes of {@code modules}, nested ones included. */
  static List<Class<?>> classes(List<String> modules) {
    return modules.stream().flatMap(PublicMembers::ofModule).toList();
  }

  private static Stream<Class<?>> ofModule(String module) {
    Path sources = ROOT.resolve(module).resolve("src/main/java");
    try {
      String descriptor = Files.readString(sources.resolve("module-info.java"));
      return EXPORT
          .matcher(descriptor)
          .results()
          .map(m -> m.group(1))
          .flatMap(p -> ofPackage(sources, p));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Class<?>> ofPackage(Path sources, String name) {
    try (Stream<Path> files = Files.list(sources.resolve(name.replace('.', '/')))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".java") && !f.equals("package-info.java"))
          .sorted()
          .map(f -> named(name + "." + f.substring(0, f.length() - ".java".length())))
          .flatMap(PublicMembers::withNested)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Stream<Class<?>> withNested(Class<?> c) {
    if (!Modifier.isPublic(c.getModifiers())) {
      return Stream.of();
    }
    return Stream.concat(
        Stream.of(c), Arrays.stream(c.getDeclaredClasses()).flatMap(PublicMembers::withNested));
  }

  /**
   * The constructors and the methods with a body of {@code c}, those of its package-private parents
   * included.
   */
  static List<Executable> of(Class<?> c) {
    Stream<Executable> called =
        Arrays.stream(c.getMethods())
            .filter(m -> m.getDeclaringClass() == c || isHidden(m.getDeclaringClass()))
            .filter(m -> !m.isBridge() || isHidden(m.getDeclaringClass()))
            .filter(m -> !Modifier.isAbstract(m.getModifiers()))
            .map(m -> (Executable) m);
    return Stream.concat(constructors(c), called)
        .sorted(Comparator.comparing(PublicMembers::name))
        .toList();
  }

  /** Returns the public constructors of {@code c}, if it can be instantiated. */
  static Stream<Executable> constructors(Class<?> c) {
    return Modifier.isAbstract(c.getModifiers())
        ? Stream.of()
        : Arrays.<Executable>stream(c.getConstructors());
  }

  private static boolean isHidden(Class<?> c) {
    return c.getName().startsWith("dev.engram.") && !Modifier.isPublic(c.getModifiers());
  }

  /** {@code Linear(int,int,Key)}, {@code Engram.jit(Fn1)}. */
  static String name(Executable e) {
    String types =
        Arrays.stream(e.getParameterTypes())
            .map(Class::getSimpleName)
            .reduce((a, b) -> a + "," + b)
            .orElse("");
    Class<?> c = e.getDeclaringClass();
    String owner = c.getName().substring(c.getPackageName().length() + 1);
    return owner + (e instanceof Method m ? "." + m.getName() : "") + "(" + types + ")";
  }

  static boolean isStatic(Executable e) {
    return e instanceof Constructor<?> || Modifier.isStatic(e.getModifiers());
  }
}
