package dev.engram.ir.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.LineNumberInfo;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A snippet of JShell, from which it makes a class {@code REPL.$JShell$11} with lines of its own in
 * front: lines are told as the user sees them, from the snippet's first, or from that of the value
 * that a variable gets.
 *
 * @param name of what the snippet declares, {@code JShell GruNet}; {@code JShell} for an expression
 *     or a statement
 * @param line within the snippet, from 1
 */
public record ShellSnippet(String name, int line) {
  private static final Pattern CLASS =
      Pattern.compile("(REPL\\.\\$JShell\\$\\d+\\p{Upper}*)(?:\\$([^$]+).*)?");

  /** What JShell calls the method that holds an expression or a statement. */
  private static final String STATEMENT = "do_it$";

  /** What JShell calls the value of an expression. */
  private static final Pattern VALUE = Pattern.compile("\\$\\d+");

  /** Of each class, what was read last: a snippet that is entered again changes its class. */
  private static final ClassValue<AtomicReference<Code>> READ =
      new ClassValue<>() {
        @Override
        protected AtomicReference<Code> computeValue(Class<?> c) {
          return new AtomicReference<>(new Code(new byte[0], 0));
        }
      };

  /**
   * @param firstLine of the snippet, 0 when unknown
   */
  private record Code(byte[] file, int firstLine) {}

  /**
   * The snippet that a frame is in; null for all other code.
   *
   * @param loader of the frame's class
   */
  public static @Nullable ShellSnippet of(
      String className, @Nullable ClassLoader loader, String method, int line) {
    if (!className.startsWith("REPL.$JShell$")) {
      return null;
    }
    Matcher parts = CLASS.matcher(className);
    if (!parts.matches()) {
      return null;
    }
    try {
      int first = firstLine(Class.forName(parts.group(1), false, loader));
      return first > 0 && line >= first
          ? new ShellSnippet(name(parts.group(2), method), line - first + 1)
          : null;
    } catch (ClassNotFoundException | IOException _) {
      return null;
    }
  }

  private static String name(@Nullable String type, String method) {
    // An anonymous class has a number.
    boolean named = type != null && !Character.isDigit(type.charAt(0));
    String declared = named ? type : type != null ? "" : declared(method);
    return declared.isEmpty() ? "JShell" : "JShell " + declared;
  }

  // lambda$step$0 is in step.
  private static String declared(String method) {
    if (method.contains(STATEMENT)) {
      return "";
    }
    return method.startsWith("lambda$") ? method.split("\\$", -1)[1] : method;
  }

  private static int firstLine(Class<?> outer) throws IOException {
    AtomicReference<Code> read = READ.get(outer);
    Code last = read.get();
    byte[] file = file(outer);
    if (!Arrays.equals(file, last.file())) {
      last = new Code(file, file.length == 0 ? 0 : firstLine(file).orElse(0));
      read.set(last);
    }
    return last.firstLine();
  }

  private static byte[] file(Class<?> c) throws IOException {
    String name = c.getName().replace('.', '/') + ".class";
    try (InputStream in = c.getClassLoader().getResourceAsStream(name)) {
      return in == null ? new byte[0] : in.readAllBytes();
    }
  }

  /** The constructor has the line of the class. */
  private static OptionalInt firstLine(byte[] outer) {
    ClassModel c = ClassFile.of().parse(outer);
    return c.methods().stream()
        .filter(m -> m.methodName().equalsString("<init>"))
        .flatMap(ShellSnippet::lines)
        .mapToInt(l -> l.lineNumber() + between(c))
        .min();
  }

  /** From the class to the code: a variable, or the value of an expression, is declared first. */
  private static int between(ClassModel c) {
    if (c.fields().isEmpty()) {
      return 2;
    }
    return c.fields().stream().anyMatch(f -> VALUE.matcher(f.fieldName().stringValue()).matches())
        ? 5
        : 4;
  }

  private static Stream<LineNumberInfo> lines(MethodModel method) {
    return method.code().stream()
        .flatMap(c -> c.findAttributes(Attributes.lineNumberTable()).stream())
        .flatMap(t -> t.lineNumbers().stream());
  }
}
