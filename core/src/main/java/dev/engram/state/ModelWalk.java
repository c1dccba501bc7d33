package dev.engram.state;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Transparent;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the states of a model and names them. */
public final class ModelWalk {
  private static final ClassValue<List<Field>> FIELDS =
      new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> c) {
          return fieldsOf(c);
        }
      };

  private final Map<String, State> found = new LinkedHashMap<>();
  private final Map<String, Model> models = new LinkedHashMap<>();

  /** By identity: two models may be equal and have states of their own. */
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  /** By identity: parts of records may be shared many times, as in a learner's graphs. */
  private final Set<Record> walked = Collections.newSetFromMap(new IdentityHashMap<>());

  private final Model root;

  /** True to pass over frozen parts and to leave the names of states as they are. */
  private final boolean learned;

  public ModelWalk(Model root) {
    this(root, false);
  }

  private ModelWalk(Model root, boolean learned) {
    this.root = root;
    this.learned = learned;
    visitModule(root, "");
  }

  /** Returns the parameters of {@code root} that are not in frozen parts alone. */
  public static States trainable(Model root) {
    ModelWalk all = new ModelWalk(root);
    ModelWalk free = new ModelWalk(root, true);
    return all.states().filter(s -> s.kind() == State.Kind.PARAMETER && free.seen.contains(s));
  }

  public States states() {
    return new States(found);
  }

  /** Returns the root, if it is no wrapper, and the models inside it, by path. */
  public Map<String, Model> models() {
    return Collections.unmodifiableMap(models);
  }

  private void visitModule(Model m, String path) {
    if (!seen.add(m) || (learned && m instanceof FrozenPart f && f.isFrozen())) {
      return;
    }
    if (!(m instanceof Transparent)) {
      models.putIfAbsent(path, m);
    }
    for (Field f : FIELDS.get(m.getClass())) {
      try {
        visit(f.get(m), m instanceof Transparent ? path : join(path, f.getName()));
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void visit(@Nullable Object x, String path) {
    switch (x) {
      case State s -> {
        if (seen.add(s) && !learned) {
          add(path, s);
        }
      }
      case Model m -> visitModule(m, path);
      case States _ -> {} // states of others, such as the weights that an optimizer updates
      case Optional<?> o -> o.ifPresent(v -> visit(v, path));
      case Collection<?> list -> {
        int i = 0;
        for (Object v : list) {
          visit(v, join(path, Integer.toString(i++)));
        }
      }
      case Map<?, ?> map -> map.forEach((k, v) -> visit(v, join(path, String.valueOf(k))));
      case Object[] array -> visit(Arrays.asList(array), path);
      case Record r -> visitRecord(r, path);
      case null, default -> {}
    }
  }

  // Records of packages that are not open to this module hold no user states.
  private void visitRecord(Record r, String path) {
    if (!walked.add(r)) {
      return;
    }
    for (RecordComponent c : r.getClass().getRecordComponents()) {
      if (canHoldStates(c.getType()) && c.getAccessor().trySetAccessible()) {
        try {
          visit(c.getAccessor().invoke(r), join(path, c.getName()));
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private void add(String path, State s) {
    if (found.putIfAbsent(path, s) != null) {
      throw new EngramException(
          "two states of "
              + className(root)
              + " are named "
              + path
              + ", expected different names ("
              + SourceLocation.here()
              + "); rename one of the fields or keys that form the name, such as one of two fields"
              + " of a class and its superclass");
    }
    StateSlot.of(s).named(path);
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** Returns the instance fields that can hold states, those of superclasses first. */
  private static List<Field> fieldsOf(Class<?> c) {
    if (c == Model.class) {
      return List.of();
    }
    List<Field> out = new ArrayList<>(FIELDS.get(c.getSuperclass()));
    for (Field f : c.getDeclaredFields()) {
      if (Modifier.isStatic(f.getModifiers()) || !canHoldStates(f.getType())) {
        continue;
      }
      try {
        f.setAccessible(true);
      } catch (InaccessibleObjectException e) {
        throw new EngramException(
            "the fields of "
                + c.getName()
                + " cannot be read: its package is not open ("
                + SourceLocation.here()
                + "); add `opens "
                + c.getPackageName()
                + " to dev.engram.core;` to the module-info of "
                + c.getModule().getName(),
            e);
      }
      out.add(f);
    }
    return List.copyOf(out);
  }

  private static boolean canHoldStates(Class<?> type) {
    return type == Object.class
        || Model.class.isAssignableFrom(type)
        || type == State.class
        || type == Optional.class
        || type.isRecord()
        || (type.isArray() && canHoldStates(type.getComponentType()))
        || Collection.class.isAssignableFrom(type)
        || Map.class.isAssignableFrom(type)
        || type.isAssignableFrom(Model.class)
        || type.isInterface();
  }

  /** Returns the simple name of a model's class; for an anonymous class, of its superclass. */
  public static String className(Model m) {
    Class<?> c = m.getClass();
    while (c.isAnonymousClass()) {
      c = c.getSuperclass();
    }
    return c.getSimpleName();
  }
}
