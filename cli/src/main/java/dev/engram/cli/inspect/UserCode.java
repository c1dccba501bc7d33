package dev.engram.cli.inspect;

import dev.engram.Compiler;
import dev.engram.cli.option.ClassPath;
import dev.engram.cli.option.CommaList;
import dev.engram.cli.terminal.Unexpected;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.text.OpTable;
import dev.engram.lower.Backend;
import dev.engram.lower.FoundBackends;
import dev.engram.sparse.EventProduct;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Loads classes of the user, from folders and archives that the command line names. */
public final class UserCode {
  /** The option for the class path. */
  static final class Options {
    @Option(
        names = "--class-path",
        order = 130,
        paramLabel = "PATH",
        converter = ClassPath.Reader.class,
        description = "folders and archives of classes (default: the examples)")
    private ClassPath given = ClassPath.ofExamples();

    ClassPath classPath() {
      return given;
    }
  }

  /** The option for custom ops and rows that a file of graphs may use. */
  static final class OpsOption {
    @Option(
        names = "--ops",
        order = 140,
        paramLabel = "A,B,C",
        converter = CommaList.Reader.class,
        description = "ops of your own: MNEMONIC=CLASS, or CLASS for its rows")
    private CommaList names = new CommaList(List.of());

    List<String> words() {
      return names.all();
    }
  }

  /** The package in which simple names are looked up. */
  private static final String EXAMPLES = "dev.engram.examples.";

  private final ClassPath classPath;

  // Not closed: classes load others while they run, until the command ends.
  private final ClassLoader loader;

  /**
   * Uses one class loader for a command, so that passes and graphs share the classes of ops.
   *
   * @throws IOException when the class path is not one
   */
  UserCode(ClassPath classPath) throws IOException {
    List<URL> urls = new ArrayList<>();
    for (Path p : classPath.places()) {
      try {
        urls.add(p.toUri().toURL());
      } catch (MalformedURLException e) {
        throw new IOException(
            "--class-path has " + p + ", which is not a folder or archive of classes", e);
      }
    }
    this.classPath = classPath;
    this.loader = new URLClassLoader(urls.toArray(URL[]::new), UserCode.class.getClassLoader());
  }

  /**
   * Loads the class of this name.
   *
   * @throws IOException when it is not found
   */
  static Class<?> load(String name, ClassPath classPath) throws IOException {
    return new UserCode(classPath).load(name);
  }

  private Class<?> load(String name) throws IOException {
    List<String> names = name.contains(".") ? List.of(name) : List.of(name, EXAMPLES + name);
    for (String n : names) {
      try {
        return Class.forName(n, true, loader);
      } catch (ClassNotFoundException e) {
        // Try the next name; the error is below.
      } catch (LinkageError e) {
        throw new IOException("cannot load the class " + n + ": " + e, e);
      }
    }
    throw new IOException(
        "there is no class "
            + String.join(" or ", names)
            + " in "
            + classPath.places()
            + "; name its folder with --class-path");
  }

  /**
   * Finds the backend of this name in the {@code META-INF/services} of the class path.
   *
   * @throws IOException when there is none
   */
  Backend backend(String name) throws IOException {
    FoundBackends found = FoundBackends.of(loader);
    Backend wanted = found.byName().get(name);
    if (wanted != null) {
      return wanted;
    }
    Set<String> known = new LinkedHashSet<>(Compiler.backends());
    known.addAll(found.byName().keySet());
    throw new IOException(
        "there is no backend "
            + name
            + ", expected one of "
            + String.join(", ", known)
            + "; name the folder of yours with --class-path"
            + found.hint());
  }

  /** Loads the pass that a class has as {@code public static Graph run(Graph)}. */
  Pass pass(String name) throws IOException {
    Class<?> c = load(name);
    Method run =
        Arrays.stream(c.getMethods())
            .filter(m -> m.getName().equals("run") && Modifier.isStatic(m.getModifiers()))
            .filter(m -> Arrays.equals(m.getParameterTypes(), new Class<?>[] {Graph.class}))
            .findFirst()
            .orElseThrow(
                () ->
                    new IOException(
                        "the class " + name + " has no method `public static Graph run(Graph g)`"));
    return new Pass(
        c.getSimpleName(),
        g -> {
          if (invoke(run, g) instanceof Graph after) {
            return after;
          }
          throw new EngramException(c.getName() + ".run returns no graph, expected one");
        });
  }

  /**
   * Returns the library's ops and those that {@code words} name.
   *
   * @throws IOException when a class is not found, or is not an op
   */
  OpTable ops(List<String> words) throws IOException {
    OpTable all = EventProduct.in(OpTable.standard());
    for (String word : words) {
      int equals = word.indexOf('=');
      Class<?> c = load(word.substring(equals + 1));
      try {
        all = equals < 0 ? withRows(all, c) : all.with(word.substring(0, equals), custom(c));
      } catch (EngramException e) {
        throw new IOException("--ops " + word + ": " + e.getMessage(), e);
      }
    }
    return all;
  }

  private static Class<? extends Custom> custom(Class<?> c) throws IOException {
    if (!Custom.class.isAssignableFrom(c)) {
      throw new IOException(
          "--ops: the class " + c.getName() + " does not implement " + Custom.class.getName());
    }
    return c.asSubclass(Custom.class);
  }

  private static OpTable withRows(OpTable ops, Class<?> c) throws IOException {
    OpTable all = ops;
    for (Field f : c.getFields()) {
      if (f.getType() == ElementwiseRow.class && Modifier.isStatic(f.getModifiers())) {
        try {
          all = all.with((ElementwiseRow) f.get(null));
        } catch (IllegalAccessException e) {
          throw new IOException("--ops: the class " + c.getName() + " is not public", e);
        }
      }
    }
    if (all.equals(ops)) {
      throw new IOException(
          "--ops: the class "
              + c.getName()
              + " has no public static field of type ElementwiseRow; a custom op is named as"
              + " MNEMONIC="
              + c.getName());
    }
    return all;
  }

  /** Calls a static method; exceptions that it throws are rethrown unchanged. */
  static Object invoke(Method m, Object... args) {
    try {
      Object result = m.invoke(null, args);
      return result == null ? "" : result;
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException r) {
        throw r;
      }
      if (e.getCause() instanceof Error r) {
        throw r;
      }
      throw new EngramException(m.getDeclaringClass().getName() + ": " + e.getCause(), e);
    } catch (IllegalAccessException e) {
      throw new EngramException(
          m.getDeclaringClass().getName() + " is not public, so it cannot be called", e);
    }
  }

  /**
   * Runs a main method without arguments; what it prints goes to the error stream.
   *
   * @throws EngramException when it fails
   */
  static void run(Method main) {
    PrintStream own = System.out;
    System.setOut(System.err);
    try {
      invoke(main, (Object) new String[0]);
    } catch (EngramException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new EngramException(
          main.getDeclaringClass().getName()
              + " failed: "
              + Unexpected.in(main.getDeclaringClass().getName(), e)
              + "; its main method is called without arguments",
          e);
    } finally {
      System.setOut(own);
    }
  }
}
