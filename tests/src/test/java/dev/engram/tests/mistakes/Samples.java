package dev.engram.tests.mistakes;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A valid value of every type that the library's methods take: from a table of special cases,
 * otherwise constructed from its parts.
 */
final class Samples {
  private static final Comparator<Executable> LEAST =
      Comparator.<Executable>comparingInt(Executable::getParameterCount)
          .thenComparing(PublicMembers::name);

  private final Map<Class<?>, Supplier<?>> table;

  Samples(Map<Class<?>, Supplier<?>> table) {
    this.table = table;
  }

  /** A value of {@code type}, or a report that the table lacks it. */
  Object of(Type type) {
    return switch (type) {
      case Class<?> c -> ofClass(c, new Type[0]);
      case ParameterizedType p -> ofClass((Class<?>) p.getRawType(), p.getActualTypeArguments());
      case TypeVariable<?> v -> of(v.getBounds()[0]);
      case WildcardType w -> of(w.getUpperBounds()[0]);
      case GenericArrayType a ->
          arrayOf(raw(a.getGenericComponentType()), of(a.getGenericComponentType()));
      default -> throw new IllegalStateException(type.toString());
    };
  }

  private static Class<?> raw(Type type) {
    return switch (type) {
      case Class<?> c -> c;
      case ParameterizedType p -> (Class<?>) p.getRawType();
      case TypeVariable<?> v -> raw(v.getBounds()[0]);
      default -> throw new IllegalStateException(type.toString());
    };
  }

  private Object ofClass(Class<?> c, Type[] arguments) {
    Supplier<?> given = table.get(c);
    if (given != null) {
      return given.get();
    }
    if (c == List.class || c == Collection.class || c == Iterable.class) {
      return List.of(of(arguments[0]));
    }
    if (c == Set.class) {
      return Set.of(of(arguments[0]));
    }
    if (c == Map.class) {
      return Map.of(of(arguments[0]), of(arguments[1]));
    }
    if (c == Optional.class) {
      return Optional.of(of(arguments[0]));
    }
    if (c.isArray()) {
      return arrayOf(c.getComponentType(), of(c.getComponentType()));
    }
    if (c.isEnum()) {
      return c.getEnumConstants()[0];
    }
    if (c.isRecord()) {
      return ofRecord(c);
    }
    if (c.isSealed()) {
      return of(c.getPermittedSubclasses()[0]);
    }
    if (isFunction(c)) {
      return function(c);
    }
    return made(c);
  }

  /** Uses the constructor, or else the factory, with the fewest parameters. */
  private Object made(Class<?> c) {
    Stream<Executable> factories =
        Arrays.stream(c.getMethods())
            .filter(m -> Modifier.isStatic(m.getModifiers()) && m.getReturnType() == c)
            .map(m -> (Executable) m);
    Executable least =
        Stream.concat(PublicMembers.constructors(c).sorted(LEAST), factories.sorted(LEAST))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no sample of " + c.getName()));
    Object[] args = Arrays.stream(least.getGenericParameterTypes()).map(this::of).toArray();
    try {
      return switch (least) {
        case Constructor<?> made -> made.newInstance(args);
        case Method m -> m.invoke(null, args);
      };
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no sample of " + c.getName(), e);
    }
  }

  private static Object arrayOf(Class<?> component, Object element) {
    Object array = Array.newInstance(component, 1);
    Array.set(array, 0, element);
    return array;
  }

  private Object ofRecord(Class<?> c) {
    RecordComponent[] parts = c.getRecordComponents();
    try {
      Class<?>[] types = Arrays.stream(parts).map(RecordComponent::getType).toArray(Class[]::new);
      Constructor<?> made = c.getDeclaredConstructor(types);
      return made.newInstance(Arrays.stream(parts).map(p -> of(p.getGenericType())).toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no sample of " + c.getName(), e);
    }
  }

  private static boolean isFunction(Class<?> c) {
    return c.isInterface()
        && Arrays.stream(c.getMethods()).filter(m -> Modifier.isAbstract(m.getModifiers())).count()
            == 1;
  }

  /** Returns its first argument if that has the type of the result. */
  private Object function(Class<?> c) {
    InvocationHandler body =
        (self, method, given) -> {
          Object[] args = given == null ? new Object[0] : given;
          if (method.isDefault()) {
            return InvocationHandler.invokeDefault(self, method, args);
          }
          if (method.getDeclaringClass() == Object.class) {
            return ofObject(self, method, args);
          }
          Class<?> result = method.getReturnType();
          return args.length > 0 && result.isInstance(args[0])
              ? args[0]
              : result == void.class ? null : of(method.getGenericReturnType());
        };
    return Proxy.newProxyInstance(Samples.class.getClassLoader(), new Class<?>[] {c}, body);
  }

  private static Object ofObject(Object self, Method method, Object[] args) {
    return switch (method.getName()) {
      case "equals" -> args[0].hashCode() == self.hashCode();
      case "hashCode" -> System.identityHashCode(self);
      default -> "a function";
    };
  }
}
