package dev.engram.tests.api;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names of types. Those of {@code java.lang} and of the library itself, whose simple names are
 * unique, are written without their package, so that a type that moves is one difference.
 *
 * @param packages of the library
 */
record TypeNames(Set<String> packages) {

  String erased(Class<?> type) {
    if (type.isArray()) {
      return erased(type.componentType()) + "[]";
    }
    String name = type.getCanonicalName();
    String home = type.getPackageName();
    boolean plain = type.isPrimitive() || home.equals("java.lang") || packages.contains(home);
    return plain && name.startsWith(home + ".") ? name.substring(home.length() + 1) : name;
  }

  String erased(Class<?>... types) {
    return Arrays.stream(types).map(this::erased).collect(Collectors.joining(","));
  }

  String generic(Type type) {
    return switch (type) {
      case Class<?> plain -> erased(plain);
      case ParameterizedType p ->
          erased((Class<?>) p.getRawType()) + list("<", p.getActualTypeArguments(), ">");
      case GenericArrayType array -> generic(array.getGenericComponentType()) + "[]";
      case TypeVariable<?> variable -> variable.getName();
      case WildcardType w when w.getLowerBounds().length > 0 ->
          "? super " + generic(w.getLowerBounds()[0]);
      case WildcardType w when w.getUpperBounds()[0] == Object.class -> "?";
      case WildcardType w -> "? extends " + generic(w.getUpperBounds()[0]);
      default -> throw new AssertionError(type);
    };
  }

  String generic(Type... types) {
    return Arrays.stream(types).map(this::generic).collect(Collectors.joining(","));
  }

  private String list(String open, Type[] types, String close) {
    return types.length == 0 ? "" : open + generic(types) + close;
  }

  /** {@code <T extends Number>}, or nothing. */
  String parameters(TypeVariable<?>[] variables) {
    return variables.length == 0
        ? ""
        : Arrays.stream(variables).map(this::parameter).collect(Collectors.joining(",", "<", ">"));
  }

  private String parameter(TypeVariable<?> variable) {
    List<String> bounds =
        Stream.of(variable.getBounds()).filter(b -> b != Object.class).map(this::generic).toList();
    return variable.getName() + (bounds.isEmpty() ? "" : " extends " + String.join(" & ", bounds));
  }
}
