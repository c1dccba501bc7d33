package dev.engram.tests.mistakes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Null for each parameter of every public constructor and method, in turn: an error of the library
 * that says what is null, that one is expected, and the user's line.
 */
class NullParametersTest {
  private static final List<String> MODULES = List.of("ir", "autodiff", "etrace", "core");

  /** Take a map that grows with every equation of a graph, which no step looks through. */
  private static final Set<String> BUILT_UP =
      Set.of("Builder.mapped(Map,Value)", "Builder.copy(Eqn,Map)");

  private final Samples samples = new Samples(SampleTable.all());
  private final List<String> faults = new ArrayList<>();
  private int tried;

  @Test
  void nullIsNamedWhereverItIsGiven() {
    members().forEach(m -> each(m, _ -> true, NullParametersTest::none));
    System.out.println("null for " + tried + " parameters");
    assertEquals("", String.join("\n", faults));
    assertTrue(tried >= 1150, "only " + tried);
  }

  @Test
  void nullInsideIsNamed() {
    members()
        .filter(m -> !BUILT_UP.contains(PublicMembers.name(m.body)))
        .forEach(m -> each(m, NullParametersTest::isContainer, NullParametersTest::holding));
    System.out.println("null inside of " + tried + " parameters");
    assertEquals("", String.join("\n", faults));
    assertTrue(tried >= 100, "only " + tried);
  }

  private static Stream<Member> members() {
    return PublicMembers.classes(MODULES).stream()
        .flatMap(c -> PublicMembers.of(c).stream().map(e -> new Member(c, e)))
        .filter(m -> !isExcluded(m.body));
  }

  @SuppressWarnings("NullAway")
  private static Object none(Class<?> type) {
    return null;
  }

  private static boolean isContainer(Class<?> type) {
    return (type.isArray() && !type.getComponentType().isPrimitive())
        || Collection.class.isAssignableFrom(type)
        || Map.class.isAssignableFrom(type);
  }

  /** One of {@code type} with null in it, and nothing else. */
  private static Object holding(Class<?> type) {
    if (type.isArray()) {
      return Array.newInstance(type.getComponentType(), 1);
    }
    if (Map.class.isAssignableFrom(type)) {
      Map<Object, Object> map = new HashMap<>();
      map.put("w", null);
      return map;
    }
    List<Object> list = Collections.singletonList(null);
    return Set.class.isAssignableFrom(type) ? new HashSet<>(list) : list;
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

  private void each(Member m, Predicate<Class<?>> which, Function<Class<?>, Object> mistake) {
    Class<?>[] types = m.body.getParameterTypes();
    for (int i = 0; i < types.length; i++) {
      if (!types[i].isPrimitive() && which.test(types[i])) {
        tried++;
        String got = got(m, i, mistake.apply(types[i]));
        if (!got.isEmpty()) {
          String name = m.body.getParameters()[i].getName();
          faults.add(PublicMembers.name(m.body) + " " + i + " " + name + ": " + got);
        }
      }
    }
  }

  /** What is wrong with the answer to {@code mistake} at {@code place}; empty for nothing. */
  private String got(Member m, int place, @Nullable Object mistake) {
    Object[] args;
    Object receiver;
    try {
      args = Arrays.stream(m.body.getGenericParameterTypes()).map(samples::of).toArray();
      receiver = PublicMembers.isStatic(m.body) ? null : samples.of(m.owner);
    } catch (RuntimeException e) {
      return "no samples: " + e;
    }
    args[place] = mistake;
    try {
      call(m.body, receiver, args);
      return "silence";
    } catch (InvocationTargetException e) {
      return fault(e.getCause());
    } catch (ReflectiveOperationException | RuntimeException e) {
      return "no call: " + e;
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
            // The default methods of a sampled interface are called by the sample.
            && (message.contains("(NullParametersTest.java:")
                || message.contains("(Samples.java:"));
    return told ? "" : e.toString();
  }
}
