package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.trace.RecordType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A structure without its tensors: what {@link Tree#flatten} returns besides the leaves, and part
 * of the cache key of compiled functions. Equal structures hold equal static parts.
 */
public sealed interface TreeDef {

  /** The place of a tensor. */
  record Leaf() implements TreeDef {}

  /** A part that is not a tensor: text, a number, an enum constant. */
  record Fixed(Object value) implements TreeDef {
    public Fixed {
      Given.given("Fixed", "value", value);
    }
  }

  /** A record, by component. */
  record Fields(Class<?> type, List<TreeDef> parts) implements TreeDef {
    public Fields {
      Given.given("Fields", "type", type);
      Given.all("Fields", "parts", parts);
    }
  }

  /** A list, by position. */
  record Items(List<TreeDef> parts) implements TreeDef {
    public Items {
      Given.all("Items", "parts", parts);
    }
  }

  /** A map, in its order of iteration. */
  record Entries(List<Object> keys, List<TreeDef> parts) implements TreeDef {
    public Entries {
      Given.all("Entries", "keys", keys);
      Given.all("Entries", "parts", parts);
    }
  }

  /** An {@link Optional}: one part or none. */
  record Maybe(List<TreeDef> parts) implements TreeDef {
    public Maybe {
      Given.all("Maybe", "parts", parts);
    }
  }

  /** The leaf of every structure: all leaves are equal. */
  Leaf LEAF = new Leaf();

  /** Rebuilds the structure with {@code leaves}, in order. */
  default Object build(List<? extends Tensor> leaves) {
    Given.all("TreeDef.build", "leaves", leaves);
    Iterator<? extends Tensor> it = leaves.iterator();
    Object built = build(it);
    if (it.hasNext()) {
      throw new IllegalArgumentException(
          "got " + leaves.size() + " tensors, expected " + leafCount());
    }
    return built;
  }

  private Object build(Iterator<? extends Tensor> leaves) {
    return switch (this) {
      case Leaf _ -> leaves.next();
      case Fixed f -> f.value;
      case Fields f -> RecordType.of(f.type).make(buildAll(f.parts, leaves));
      case Items s -> List.of(buildAll(s.parts, leaves));
      case Entries m -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < m.keys.size(); i++) {
          map.put(m.keys.get(i), m.parts.get(i).build(leaves));
        }
        yield Collections.unmodifiableMap(map);
      }
      case Maybe o ->
          o.parts.isEmpty() ? Optional.empty() : Optional.of(o.parts.getFirst().build(leaves));
    };
  }

  private static Object[] buildAll(List<TreeDef> parts, Iterator<? extends Tensor> leaves) {
    Object[] out = new Object[parts.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = parts.get(i).build(leaves);
    }
    return out;
  }

  /** Returns the number of tensors. */
  default int leafCount() {
    return switch (this) {
      case Leaf _ -> 1;
      case Fixed _ -> 0;
      case Fields(_, List<TreeDef> parts) -> count(parts);
      case Items(List<TreeDef> parts) -> count(parts);
      case Entries(_, List<TreeDef> parts) -> count(parts);
      case Maybe(List<TreeDef> parts) -> count(parts);
    };
  }

  private static int count(List<TreeDef> parts) {
    int n = 0;
    for (TreeDef p : parts) {
      n += p.leafCount();
    }
    return n;
  }

  /** Returns the path of every tensor, such as {@code batch.x}, below {@code root}. */
  default List<String> paths(String root) {
    Given.given("TreeDef.paths", "root", root);
    List<String> out = new ArrayList<>();
    addPaths(root, out);
    return out;
  }

  private void addPaths(String at, List<String> out) {
    switch (this) {
      case Leaf _ -> out.add(at);
      case Fixed _ -> {}
      case Fields(Class<?> type, List<TreeDef> parts) -> {
        for (int i = 0; i < parts.size(); i++) {
          parts.get(i).addPaths(at + "." + RecordType.of(type).name(i), out);
        }
      }
      case Items(List<TreeDef> parts) -> {
        for (int i = 0; i < parts.size(); i++) {
          parts.get(i).addPaths(at + "[" + i + "]", out);
        }
      }
      case Entries(List<Object> keys, List<TreeDef> parts) -> {
        for (int i = 0; i < parts.size(); i++) {
          parts.get(i).addPaths(at + "[" + keys.get(i) + "]", out);
        }
      }
      case Maybe(List<TreeDef> parts) -> parts.forEach(p -> p.addPaths(at, out));
    }
  }
}
