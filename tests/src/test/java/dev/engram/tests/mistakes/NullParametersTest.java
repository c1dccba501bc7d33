package dev.engram.tests.mistakes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Null for each parameter of every public constructor and method, in turn: an error of the library
 * that says what is null, that one is expected, and the user's line.
 */
class NullParametersTest {
  private static final List<String> MODULES = List.of("ir", "autodiff", "etrace", "core");
  private final Samples samples = new Samples(SampleTable.all());
  private final List<String> faults = new ArrayList<>();
  private int tried;

  @Test
  void nullIsNamedWhereverItIsGiven() {
    PublicMembers.classes(MODULES).stream()
        .flatMap(
            c ->
                PublicMembers.of(c).stream().filter(e -> !isExcluded(e)).map(e -> new Member(c, e)))
        .forEach(this::each);
    System.out.println("null for " + tried + " parameters");
    assertEquals("", String.join("\n", faults));
    assertTrue(tried >= 1150, "only " + tried);
  }

  /**
   * Where null is no mistake of a user's: {@code equals} is false of it, as {@link Object#equals}
   * says; {@code valueOf} of an enum is the compiler's; and an exception takes what it is given, as
   * the JDK's do, for not to hide the error that it is made for.
   */
  private static boolean isExcluded(Executable e) {
    Class<?> c = e.getDeclaringClass();
    return e.getName().equals("equals")
        || (c.isEnum() && e.getName().equals("valueOf"))
        || Throwable.class.isAssignableFrom(c);
  }

  private record Member(Class<?> owner, Executable body) {}

  private void each(Member m) {
    Type[] types = m.body.getGenericParameterTypes();
    for (int i = 0; i < types.length; i++) {
      if (!m.body.getParameterTypes()[i].isPrimitive()) {
        tried++;
        String got = got(m, types, i);
        if (!got.isEmpty()) {
          String name = m.body.getParameters()[i].getName();
          faults.add(
              m.body.getDeclaringClass().getName()
                  + " | "
                  + PublicMembers.name(m.body)
                  + " "
                  + i
                  + " "
                  + name
                  + ": "
                  + got);
        }
      }
    }
  }

  private String got(Member m, Type[] types, int none) {
    Object[] args;
    Object receiver;
    try {
      args = Arrays.stream(types).map(samples::of).toArray();
      receiver = PublicMembers.isStatic(m.body) ? null : samples.of(m.owner);
    } catch (RuntimeException e) {
      return "no samples: " + e;
    }
    args[none] = null;
    try {
      call(m.body, receiver, args);
      return "silence";
    } catch (InvocationTargetException e) {
      return fault(e.getCause());
    } catch (ReflectiveOperationException | RuntimeException e) {
      return "no samples: " + e;
    }
  }

  private static void call(Executable body, Object receiver, Object[] args)
      throws ReflectiveOperationException {
    body.setAccessible(true);
    switch (body) {
      case Constructor<?> c -> c.newInstance(args);
      case Method m -> m.invoke(receiver, args);
    }
  }

  private static String fault(Throwable e) {
    String message = String.valueOf(e.getMessage());
    boolean told =
        e instanceof EngramException
            && message.contains("null")
            && message.contains("expected")
            && message.contains("NullParametersTest.java:");
    return told ? "" : e.toString();
  }
}
