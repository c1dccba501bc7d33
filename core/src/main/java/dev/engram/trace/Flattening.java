package dev.engram.trace;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.Tracer;
import dev.engram.state.ModelWalk;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Flattens structures: the walk behind {@link Tree}. */
public final class Flattening {
  private Flattening() {}

  /** {@link Tree#flatten}. */
  public static Tree.Flat flatten(Object tree, String root) {
    return flatten(tree, Path.of(root));
  }

  /** The same for argument {@code i} of the function named {@code f}. */
  static Tree.Flat flattenArgument(Object tree, String f, int i) {
    return flatten(tree, Path.of(f).then(": argument ", i, ""));
  }

  private static Tree.Flat flatten(Object tree, Path root) {
    List<Tensor> leaves = new ArrayList<>();
    TreeDef s = flatten(tree, root, leaves);
    return new Tree.Flat(leaves, s);
  }

  /** Casts a structure that was rebuilt from another, and so has its static type. */
  @SuppressWarnings("unchecked")
  public static <T> T cast(Object built) {
    return (T) built;
  }

  /** The path to the current part of the structure; written out only for an error. */
  private record Path(Optional<Path> parent, String before, Object step, String after) {
    static Path of(String root) {
      return new Path(Optional.empty(), "", root, "");
    }

    Path then(String before, Object step, String after) {
      return new Path(Optional.of(this), before, step, after);
    }

    @Override
    public String toString() {
      return parent.map(Path::toString).orElse("") + before + step + after;
    }
  }

  private static TreeDef flatten(@Nullable Object x, Path at, List<Tensor> out) {
    return switch (x) {
      case HostTensor t -> leaf(t, out);
      case DeviceTensor t -> leaf(t, out);
      case Tracer t -> leaf(t, out);
      case Record r -> {
        RecordType type = RecordType.of(r.getClass());
        List<TreeDef> parts = new ArrayList<>(type.size());
        for (int i = 0; i < type.size(); i++) {
          parts.add(flatten(type.part(r, i), at.then(".", type.name(i), ""), out));
        }
        yield new TreeDef.Fields(r.getClass(), parts);
      }
      case List<?> list -> {
        List<TreeDef> parts = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
          parts.add(flatten(list.get(i), at.then("[", i, "]"), out));
        }
        yield new TreeDef.Items(parts);
      }
      case Map<?, ?> map -> {
        List<Object> keys = new ArrayList<>(map.size());
        List<TreeDef> parts = new ArrayList<>(map.size());
        for (Map.Entry<?, ?> e : map.entrySet()) {
          keys.add(key(e.getKey(), at));
          parts.add(flatten(e.getValue(), at.then("[", e.getKey(), "]"), out));
        }
        yield new TreeDef.Entries(keys, parts);
      }
      case Optional<?> o ->
          new TreeDef.Maybe(
              o.<List<TreeDef>>map(v -> List.of(flatten(v, at, out))).orElse(List.of()));
      case String v -> new TreeDef.Fixed(v);
      case Number v when isBoxed(v) -> new TreeDef.Fixed(v);
      case Boolean v -> new TreeDef.Fixed(v);
      case Character v -> new TreeDef.Fixed(v);
      case Enum<?> v -> new TreeDef.Fixed(v);
      case null -> throw refused(at, "null", "use an Optional");
      case Model v ->
          throw refused(
              at, "the model " + ModelWalk.className(v), "use it from the enclosing scope instead");
      case State _ ->
          throw refused(at, "a State", "use it from the enclosing scope, or pass its value()");
      default ->
          throw refused(
              at,
              "a " + x.getClass().getTypeName(),
              x.getClass().isArray()
                  ? "make a tensor of it with HostTensor.of(...)"
                  : "make it a record, or use it from the enclosing scope");
    };
  }

  private static TreeDef leaf(Tensor t, List<Tensor> out) {
    out.add(t);
    return TreeDef.LEAF;
  }

  private static Object key(@Nullable Object k, Path at) {
    return switch (k) {
      case String s -> s;
      case Number n when isBoxed(n) -> n;
      case Enum<?> e -> e;
      case null, default ->
          throw refused(
              at.then("[", k, "]"),
              "under a key that is not text, a number or an enum constant",
              "make its key a String");
    };
  }

  private static boolean isBoxed(Number n) {
    return n instanceof Integer
        || n instanceof Long
        || n instanceof Double
        || n instanceof Float
        || n instanceof Short
        || n instanceof Byte;
  }

  private static EngramException refused(Path at, String got, String fix) {
    return new EngramException(
        at
            + " is "
            + got
            + ", expected a Tensor, a record, List, Map or Optional of such, or a static value"
            + " (String, boxed number, enum constant) ("
            + SourceLocation.here()
            + "); "
            + fix);
  }
}
