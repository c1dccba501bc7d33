package dev.engram.tests.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The public API of a module, as a text that can be parsed again.
 *
 * @param reads modules that users of this module also read
 * @param types by their names
 */
record Api(String module, SortedSet<String> reads, SortedMap<String, ApiType> types) {
  private static final String MODULE = "module ";
  private static final String READS = "requires transitive ";
  private static final String INDENT = "  ";

  static Api of(String module, Collection<String> reads, Collection<ApiType> types) {
    SortedMap<String, ApiType> byName = new TreeMap<>();
    types.forEach(type -> byName.put(type.name(), type));
    return new Api(module, new TreeSet<>(reads), byName);
  }

  static Api parse(String text) {
    List<String> lines = text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
    String module = "";
    List<String> reads = new ArrayList<>();
    List<ApiType> types = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith(MODULE)) {
        module = line.substring(MODULE.length());
      } else if (line.startsWith(READS)) {
        reads.add(line.substring(READS.length()));
      } else {
        List<String> below = new ArrayList<>();
        while (i + 1 < lines.size() && lines.get(i + 1).startsWith(INDENT)) {
          below.add(lines.get(++i).strip());
        }
        types.add(ApiType.parse(line, below));
      }
    }
    return of(module, reads, types);
  }

  /** Returns the type that a line calls {@code word}, with or without its package. */
  Optional<ApiType> named(String word) {
    return types.values().stream()
        .filter(t -> t.name().equals(word) || t.name().endsWith("." + word))
        .findFirst();
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder(MODULE).append(module).append('\n');
    reads.forEach(other -> out.append(READS).append(other).append('\n'));
    for (ApiType type : types.values()) {
      out.append('\n').append(type.header()).append('\n');
      type.lines().forEach(line -> out.append(INDENT).append(line).append('\n'));
    }
    return out.toString();
  }
}
