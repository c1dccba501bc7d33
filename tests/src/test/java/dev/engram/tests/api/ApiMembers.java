package dev.engram.tests.api;

import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Converts types to {@link ApiType}s.
 *
 * @param promised whether users can name a type
 * @param constants the values of a type's constants
 */
record ApiMembers(
    TypeNames names,
    Predicate<Class<?>> promised,
    Function<Class<?>, Map<String, String>> constants) {
  private static final List<String> KINDS =
      List.of("extends", "implements", "permits", "components", "field", "constructor", "method");

  ApiType of(Class<?> type) {
    Map<String, ApiLine> lines = new TreeMap<>();
    heading(type).forEach(line -> lines.put(line.identity(), line));
    members(type, isExtensible(type), lines);
    List<ApiLine> sorted = new ArrayList<>(lines.values());
    sorted.sort((a, b) -> KINDS.indexOf(a.kind()) - KINDS.indexOf(b.kind()));
    return new ApiType(
        modifiers(type),
        kind(type),
        type.getCanonicalName(),
        names.parameters(type.getTypeParameters()),
        sorted);
  }

  private static String kind(Class<?> type) {
    if (type.isAnnotation()) {
      return "annotation";
    }
    return type.isInterface()
        ? "interface"
        : type.isEnum() ? "enum" : type.isRecord() ? "record" : "class";
  }

  private static Set<String> modifiers(Class<?> type) {
    int all = type.getModifiers();
    int kept = Modifier.PUBLIC | Modifier.PROTECTED;
    if (kind(type).equals("class")) {
      kept |= Modifier.ABSTRACT | Modifier.FINAL;
      kept |= type.getDeclaringClass() == null ? 0 : Modifier.STATIC;
    }
    Set<String> words = words(all & kept);
    if (type.isSealed() && !type.isEnum()) {
      words.add("sealed");
    }
    return words;
  }

  private static Set<String> words(int modifiers) {
    String text = Modifier.toString(modifiers);
    return new LinkedHashSet<>(text.isEmpty() ? List.of() : List.of(text.split(" ")));
  }

  static boolean isExtensible(Class<?> type) {
    if (type.isSealed() || type.isAnnotation() || type.isEnum()) {
      return false;
    }
    return type.isInterface()
        || (!Modifier.isFinal(type.getModifiers())
            && Arrays.stream(type.getDeclaredConstructors())
                .anyMatch(c -> (c.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0));
  }

  private List<ApiLine> heading(Class<?> type) {
    List<ApiLine> lines = new ArrayList<>();
    if (kind(type).equals("class")) {
      supertype("extends", type.getSuperclass(), type.getGenericSuperclass()).forEach(lines::add);
    }
    Class<?>[] interfaces = type.getInterfaces();
    for (int i = 0; i < interfaces.length; i++) {
      supertype("implements", interfaces[i], type.getGenericInterfaces()[i]).forEach(lines::add);
    }
    if (type.isSealed() && !type.isEnum()) {
      for (Class<?> sub : type.getPermittedSubclasses()) {
        lines.add(ApiLine.of("permits", names.erased(sub), ""));
      }
    }
    if (type.isRecord()) {
      lines.add(
          ApiLine.of(
              "components",
              components(type, c -> names.erased(c.getType())),
              components(type, c -> names.generic(c.getGenericType()))));
    }
    return lines;
  }

  /** Replaces a supertype that users cannot name by its own supertypes. */
  private Stream<ApiLine> supertype(String kind, Class<?> type, Type generic) {
    if (type == Object.class) {
      return Stream.of();
    }
    boolean hidden = names.packages().contains(type.getPackageName()) && !promised.test(type);
    if (!hidden) {
      return Stream.of(ApiLine.of(kind, names.erased(type), names.generic(generic)));
    }
    Stream<ApiLine> above =
        type.getSuperclass() == null
            ? Stream.of()
            : supertype("extends", type.getSuperclass(), type.getGenericSuperclass());
    return Stream.concat(
        above,
        Arrays.stream(type.getGenericInterfaces())
            .flatMap(i -> supertype("implements", rawOf(i), i)));
  }

  private static Class<?> rawOf(Type type) {
    return type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
  }

  private static String components(Class<?> type, Function<RecordComponent, String> text) {
    return Arrays.stream(type.getRecordComponents())
        .map(c -> c.getName() + ":" + text.apply(c))
        .collect(Collectors.joining(",", "(", ")"));
  }

  /**
   * Returns the members of the type, and those inherited from supertypes that users cannot name.
   */
  private void members(Class<?> type, boolean extensible, Map<String, ApiLine> into) {
    Map<String, String> values = constants.apply(type);
    for (Field field : type.getDeclaredFields()) {
      if (isVisible(field.getModifiers(), extensible) && !field.isSynthetic()) {
        add(field(field, Optional.ofNullable(values.get(field.getName()))), into);
      }
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (isVisible(constructor.getModifiers(), extensible) && !constructor.isSynthetic()) {
        add(callable("constructor", constructor, "", "", "", extensible), into);
      }
    }
    for (Method method : type.getDeclaredMethods()) {
      if (isVisible(method.getModifiers(), extensible)
          && !method.isSynthetic()
          && !isGiven(method)) {
        String returns = names.erased(method.getReturnType());
        String generic = names.generic(method.getGenericReturnType());
        add(callable("method", method, method.getName(), returns, generic, extensible), into);
      }
    }
    Stream.concat(Stream.ofNullable(type.getSuperclass()), Arrays.stream(type.getInterfaces()))
        .filter(above -> !promised.test(above) && names.packages().contains(above.getPackageName()))
        .forEach(above -> inherited(above, extensible, into));
  }

  private void inherited(Class<?> above, boolean extensible, Map<String, ApiLine> into) {
    Map<String, ApiLine> lines = new TreeMap<>();
    members(above, extensible, lines);
    lines.values().removeIf(line -> line.kind().equals("constructor"));
    lines.forEach(into::putIfAbsent);
  }

  private static void add(ApiLine line, Map<String, ApiLine> into) {
    into.put(line.identity(), line);
  }

  private static boolean isVisible(int modifiers, boolean extensible) {
    return Modifier.isPublic(modifiers) || (extensible && Modifier.isProtected(modifiers));
  }

  /** True for members that every object or every enum has. */
  private static boolean isGiven(Method method) {
    String signature = method.getName() + Arrays.toString(method.getParameterTypes());
    return switch (signature) {
      case "equals[class java.lang.Object]", "hashCode[]", "toString[]" -> true;
      case "values[]", "valueOf[class java.lang.String]" -> method.getDeclaringClass().isEnum();
      default -> false;
    };
  }

  private ApiLine field(Field field, Optional<String> constant) {
    int kept = Modifier.PUBLIC | Modifier.PROTECTED | Modifier.STATIC | Modifier.FINAL;
    Set<String> words = words(field.getModifiers() & kept);
    if (field.isEnumConstant()) {
      words.add("constant");
    }
    String type = names.erased(field.getType());
    String generic = names.generic(field.getGenericType());
    return new ApiLine(
        "field",
        words,
        type,
        field.getName(),
        constant,
        Set.of(),
        generic.equals(type) ? "" : generic);
  }

  private ApiLine callable(
      String kind,
      Executable callable,
      String name,
      String returns,
      String genericReturns,
      boolean extensible) {
    int kept = Modifier.PUBLIC | Modifier.PROTECTED | Modifier.STATIC | Modifier.ABSTRACT;
    Set<String> words =
        words(callable.getModifiers() & (extensible ? kept | Modifier.FINAL : kept));
    if (callable instanceof Method m && m.isDefault()) {
      words.add("default");
    }
    if (callable.isVarArgs()) {
      words.add("varargs");
    }
    String key = name + "(" + names.erased(callable.getParameterTypes()) + ")";
    String generic =
        Stream.of(
                names.parameters(callable.getTypeParameters()),
                genericReturns,
                name + "(" + names.generic(callable.getGenericParameterTypes()) + ")")
            .filter(word -> !word.isEmpty())
            .collect(Collectors.joining(" "));
    String plain = returns.isEmpty() ? key : returns + " " + key;
    return new ApiLine(
        kind,
        words,
        returns,
        key,
        Optional.empty(),
        thrown(callable),
        generic.equals(plain) ? "" : generic);
  }

  private Set<String> thrown(Executable callable) {
    return Arrays.stream(callable.getExceptionTypes())
        .filter(
            e -> !RuntimeException.class.isAssignableFrom(e) && !Error.class.isAssignableFrom(e))
        .map(names::erased)
        .sorted()
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
