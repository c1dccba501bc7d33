package dev.engram.tests.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.FieldModel;
import java.lang.constant.ConstantDesc;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the public API of modules from their classes. */
final class ApiReader {
  private final ClassLoader loader;
  private final Set<String> packages;
  private final ApiMembers members;

  /**
   * @param library all modules of the library
   * @param loader loads their classes
   */
  ApiReader(Collection<ModuleReference> library, ClassLoader loader) {
    this.loader = loader;
    packages =
        library.stream()
            .flatMap(module -> exported(module.descriptor()))
            .collect(Collectors.toUnmodifiableSet());
    members = new ApiMembers(new TypeNames(packages), this::isPromised, this::constants);
  }

  /** Returns the packages that are exported to all. */
  private static Stream<String> exported(ModuleDescriptor module) {
    return module.exports().stream().filter(e -> !e.isQualified()).map(Exports::source);
  }

  Api read(ModuleReference module) {
    try (ModuleReader reader = module.open();
        Stream<String> entries = reader.list()) {
      List<ApiType> types =
          entries
              .filter(name -> name.endsWith(".class") && !name.endsWith("-info.class"))
              .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
              .filter(
                  name -> packages.contains(name.substring(0, Math.max(0, name.lastIndexOf('.')))))
              .map(this::load)
              .filter(this::isPromised)
              .map(members::of)
              .toList();
      return Api.of(module.descriptor().name(), reads(module.descriptor()), types);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> reads(ModuleDescriptor module) {
    return module.requires().stream()
        .filter(r -> r.modifiers().contains(Requires.Modifier.TRANSITIVE))
        .map(Requires::name)
        .toList();
  }

  private Class<?> load(String name) {
    try {
      return Class.forName(name, false, loader);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(name, e);
    }
  }

  /** True when users can name this type. */
  private boolean isPromised(Class<?> type) {
    if (!packages.contains(type.getPackageName()) || type.getCanonicalName() == null) {
      return false;
    }
    Class<?> outer = type.getDeclaringClass();
    return Modifier.isPublic(type.getModifiers())
        ? outer == null || isPromised(outer)
        : Modifier.isProtected(type.getModifiers())
            && isPromised(outer)
            && ApiMembers.isExtensible(outer);
  }

  /** Returns the constants that compilers copy, by field name. */
  private Map<String, String> constants(Class<?> type) {
    String file = type.getName().replace('.', '/') + ".class";
    try (InputStream in = loader.getResourceAsStream(file)) {
      Map<String, String> all = new TreeMap<>();
      for (FieldModel field : ClassFile.of().parse(in.readAllBytes()).fields()) {
        field
            .findAttribute(Attributes.constantValue())
            .ifPresent(
                a -> all.put(field.fieldName().stringValue(), text(a.constant().constantValue())));
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(ConstantDesc value) {
    return value instanceof String s
        ? '"' + s.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"") + '"'
        : value.toString();
  }
}
