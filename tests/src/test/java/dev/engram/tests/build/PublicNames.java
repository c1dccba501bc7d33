package dev.engram.tests.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The types visible to a program that imports everything from some modules. */
final class PublicNames {
  private PublicNames() {}

  /** Returns the names of the public types that a module exports to all. */
  static List<String> of(ModuleReference module) {
    ModuleDescriptor descriptor = module.descriptor();
    SortedSet<String> packages =
        descriptor.exports().stream()
            .filter(e -> !e.isQualified())
            .map(Exports::source)
            .collect(Collectors.toCollection(TreeSet::new));
    try (ModuleReader reader = module.open();
        Stream<String> entries = reader.list()) {
      return entries
          .filter(name -> name.endsWith(".class") && !name.contains("$"))
          .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
          .filter(name -> packages.contains(packageOf(name)))
          .filter(PublicNames::isPublic)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the simple names that several of these types have, with the types. */
  static SortedMap<String, List<String>> collisions(Collection<String> types) {
    Map<String, List<String>> bySimpleName =
        types.stream().collect(Collectors.groupingBy(t -> t.substring(t.lastIndexOf('.') + 1)));
    SortedMap<String, List<String>> several = new TreeMap<>(bySimpleName);
    several.values().removeIf(same -> same.size() < 2);
    return several;
  }

  private static String packageOf(String type) {
    return type.substring(0, Math.max(0, type.lastIndexOf('.')));
  }

  private static boolean isPublic(String type) {
    try {
      return Modifier.isPublic(
          Class.forName(type, false, PublicNames.class.getClassLoader()).getModifiers());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(type, e);
    }
  }
}
