package dev.engram.trace;

import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;

/** Flattens and rebuilds records of one class; looked up once for each class. */
public final class RecordType {
  private static final ClassValue<RecordType> TYPES =
      new ClassValue<>() {
        @Override
        protected RecordType computeValue(Class<?> c) {
          return new RecordType(c);
        }
      };

  private final Class<?> type;
  private final String[] names;
  private final Method[] accessors;
  private final Constructor<?> constructor;

  private RecordType(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    this.type = type;
    this.names = Arrays.stream(components).map(RecordComponent::getName).toArray(String[]::new);
    this.accessors =
        Arrays.stream(components).map(RecordComponent::getAccessor).toArray(Method[]::new);
    try {
      this.constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      for (Method m : accessors) {
        m.setAccessible(true);
      }
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    } catch (InaccessibleObjectException e) {
      throw new EngramException(
          "record "
              + type.getName()
              + " cannot be flattened: its package is not open ("
              + SourceLocation.here()
              + "); add `opens "
              + type.getPackageName()
              + " to dev.engram.core;` to the module-info of "
              + type.getModule().getName(),
          e);
    }
  }

  /** For a record class. */
  public static RecordType of(Class<?> c) {
    return TYPES.get(c);
  }

  int size() {
    return names.length;
  }

  public String name(int i) {
    return names[i];
  }

  Object part(Object record, int i) {
    try {
      return accessors[i].invoke(record);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    } catch (InvocationTargetException e) {
      throw rethrown(e, "the accessor " + names[i] + "() of ");
    }
  }

  public Object make(Object[] parts) {
    try {
      return constructor.newInstance(parts);
    } catch (IllegalAccessException | InstantiationException e) {
      throw new IllegalStateException(e);
    } catch (IllegalArgumentException e) {
      throw misfit(parts, e);
    } catch (InvocationTargetException e) {
      throw rethrown(e, "the constructor of ");
    }
  }

  private RuntimeException misfit(Object[] parts, IllegalArgumentException e) {
    RecordComponent[] components = type.getRecordComponents();
    for (int i = 0; i < parts.length; i++) {
      Class<?> declared = components[i].getType();
      if (!declared.isPrimitive() && !declared.isInstance(parts[i])) {
        return DeclaredType.component(type, names[i], declared, parts[i]);
      }
    }
    return e;
  }

  private RuntimeException rethrown(InvocationTargetException e, String what) {
    return switch (e.getCause()) {
      case RuntimeException r -> r;
      case Error r -> throw r;
      case null, default -> new EngramException(what + "record " + type.getName() + " failed", e);
    };
  }

  @Override
  public String toString() {
    return type.getSimpleName();
  }
}
