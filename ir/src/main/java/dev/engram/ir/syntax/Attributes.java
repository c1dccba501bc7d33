package dev.engram.ir.syntax;

import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Reduce;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The components of a record, as attributes of the op that it is. Printing, parsing and comparing
 * all go through this one description, so that an op needs no code for any of them.
 */
public record Attributes(Class<?> owner, List<Attribute> list) {

  /** One component. */
  public record Attribute(String name, Method accessor, Form form) {}

  /** What a component's type looks like in text. */
  public sealed interface Form {
    /** A number, bool, string, enum constant, shape, type, tensor or hook. */
    record Scalar(Class<?> type) implements Form {}

    /** {@code [a,b]}; empty ones are left out. */
    record Listed(Form element) implements Form {}

    /** Left out when empty. */
    record Maybe(Form element) implements Form {}

    /** An inner graph: a region under the equation. */
    record Inner() implements Form {}

    /**
     * A sealed interface of records: the record's name, and its components beside those of the op.
     * The first record is left out when it has no components.
     */
    record Choice(List<Attributes> options) implements Form {}

    /** No text form. */
    record Opaque(String type) implements Form {}
  }

  private static final ClassValue<Attributes> CACHE =
      new ClassValue<>() {
        @Override
        protected Attributes computeValue(Class<?> c) {
          return describe(c);
        }
      };

  /** The attributes of a record class; none for other classes. */
  public static Attributes of(Class<?> c) {
    return CACHE.get(c);
  }

  /** Components that the mnemonic already says. */
  public static Set<String> implied(Class<?> op) {
    if (op == Elementwise.class) {
      return Set.of("row");
    }
    return op == Reduce.class ? Set.of("kind") : Set.of();
  }

  /** The values of {@code record}, in the order of {@link #list}. */
  public List<Object> values(Object record) {
    return list.stream().map(a -> get(a.accessor(), record)).toList();
  }

  /** A record of these component values, one for each of {@link #list}. */
  Object create(List<Object> values) {
    try {
      Class<?>[] types =
          Arrays.stream(owner.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      Constructor<?> canonical = owner.getDeclaredConstructor(types);
      canonical.trySetAccessible();
      return canonical.newInstance(values.toArray());
    } catch (InvocationTargetException e) {
      throw new GraphException(
          owner.getSimpleName() + " refuses these attributes: " + e.getCause().getMessage(), e);
    } catch (ReflectiveOperationException e) {
      throw unreachable(owner, e);
    }
  }

  /** The label and graph of every inner graph of {@code op}, those of its choices included. */
  public static List<Map.Entry<String, Graph>> graphs(Object op) {
    List<Map.Entry<String, Graph>> out = new ArrayList<>();
    Attributes attributes = of(op.getClass());
    for (Attribute a : attributes.list()) {
      switch (a.form()) {
        case Form.Inner _ -> out.add(Map.entry(a.name(), (Graph) get(a.accessor(), op)));
        case Form.Choice _ -> out.addAll(graphs(get(a.accessor(), op)));
        case Form.Scalar _, Form.Listed _, Form.Maybe _, Form.Opaque _ -> {}
      }
    }
    return out;
  }

  /** The constants of an enum are written in lower case, unless that would make two equal. */
  public static String enumText(Enum<?> constant) {
    String lower = constant.name().toLowerCase(Locale.ROOT);
    boolean clash =
        Arrays.stream(constant.getDeclaringClass().getEnumConstants())
            .map(Enum.class::cast)
            .anyMatch(c -> c != constant && c.name().toLowerCase(Locale.ROOT).equals(lower));
    return clash ? constant.name() : lower;
  }

  /** The word for an option of a choice: {@code vjp} for {@code Derivative.Vjp}. */
  public static String optionText(Class<?> option) {
    String name = option.getSimpleName();
    return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
  }

  /**
   * Every attribute can be written, and none has the name of another.
   *
   * @throws GraphException naming the component
   */
  public void requireTextForm() {
    if (!owner.isRecord()) {
      throw new GraphException(
          owner.getName() + " is not a record, so it has no attributes to write");
    }
    requireTextForm(new HashSet<>());
  }

  private void requireTextForm(Set<String> seen) {
    for (Attribute a : list) {
      if (!seen.add(a.name())) {
        throw new GraphException(owner.getName() + ": two attributes are called " + a.name());
      }
      requireTextForm(a, a.form(), seen);
    }
  }

  private void requireTextForm(Attribute a, Form form, Set<String> seen) {
    switch (form) {
      case Form.Scalar _, Form.Inner _ -> {}
      case Form.Listed l -> requireTextForm(a, l.element(), seen);
      case Form.Maybe m -> requireTextForm(a, m.element(), seen);
      case Form.Choice c -> c.options().forEach(o -> o.requireTextForm(new HashSet<>(seen)));
      case Form.Opaque o ->
          throw new GraphException(
              owner.getName()
                  + ": component "
                  + a.name()
                  + " has type "
                  + o.type()
                  + ", which has no text form; use numbers, strings, enums, shapes, types, tensors,"
                  + " graphs, or lists of them");
    }
  }

  private static Attributes describe(Class<?> c) {
    List<Attribute> list = new ArrayList<>();
    if (c.isRecord()) {
      for (RecordComponent r : c.getRecordComponents()) {
        r.getAccessor().trySetAccessible();
        list.add(new Attribute(r.getName(), r.getAccessor(), form(r.getGenericType(), true)));
      }
    }
    return new Attributes(c, List.copyOf(list));
  }

  private static Form form(Type type, boolean top) {
    if (type instanceof ParameterizedType p && p.getActualTypeArguments().length == 1) {
      Form element = form(p.getActualTypeArguments()[0], false);
      if (p.getRawType() == List.class) {
        return new Form.Listed(element);
      }
      if (p.getRawType() == Optional.class && top && !(element instanceof Form.Maybe)) {
        return new Form.Maybe(element);
      }
    }
    if (!(type instanceof Class<?> c)) {
      return new Form.Opaque(type.getTypeName());
    }
    if (SCALARS.contains(c) || c.isEnum()) {
      return new Form.Scalar(c);
    }
    if (c == Graph.class && top) {
      return new Form.Inner();
    }
    boolean choice =
        top
            && c.isInterface()
            && c.isSealed()
            && Arrays.stream(c.getPermittedSubclasses()).allMatch(Class::isRecord);
    return choice
        ? new Form.Choice(Arrays.stream(c.getPermittedSubclasses()).map(Attributes::of).toList())
        : new Form.Opaque(type.getTypeName());
  }

  private static final Set<Class<?>> SCALARS =
      Set.of(
          int.class,
          long.class,
          float.class,
          double.class,
          boolean.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          Boolean.class,
          String.class,
          Shape.class,
          TensorType.class,
          HostTensor.class,
          HostEffect.Hook.class);

  private static Object get(Method accessor, Object record) {
    try {
      return accessor.invoke(record);
    } catch (InvocationTargetException e) {
      throw new GraphException("the accessor " + accessor + " fails", e);
    } catch (IllegalAccessException e) {
      throw unreachable(record.getClass(), e);
    }
  }

  private static GraphException unreachable(Class<?> c, ReflectiveOperationException e) {
    return new GraphException(
        "the components of "
            + c.getName()
            + " cannot be read; make the record public, or open its package to dev.engram.ir",
        e);
  }
}
