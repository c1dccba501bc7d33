package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * User structures of tensors, as the transformations take and give them.
 *
 * <p>A structure is a {@link Tensor}; a record, {@link List}, {@link Map} (in its order of
 * iteration) or {@link Optional} of structures; or an immutable value that is no tensor: text, a
 * boxed number, an enum constant. The last are static: a compiled function is compiled again for
 * another value.
 */
public final class Tree {
  private Tree() {}

  /** The tensors of a structure in order, and the rest of it. */
  public record Flat(List<Tensor> leaves, TreeDef structure) {
    public Flat {
      Given.all("Flat", "leaves", leaves);
      Given.given("Flat", "structure", structure);
    }

    public List<TensorType> types() {
      List<TensorType> types = new ArrayList<>(leaves.size());
      for (Tensor t : leaves) {
        types.add(t.type());
      }
      return types;
    }

    Spec spec() {
      return new Spec(structure, types());
    }
  }

  /** A structure with the types of its tensors. */
  record Spec(TreeDef structure, List<TensorType> types) {}

  /**
   * Takes {@code tree} apart.
   *
   * @param root how errors name the whole structure
   * @throws EngramException naming the path of a part that is none of the above
   */
  public static Flat flatten(Object tree, String root) {
    Given.given("Tree.flatten", "root", root);
    List<Tensor> leaves = new ArrayList<>();
    TreeDef s = flatten(tree, Path.of(root), leaves);
    return new Flat(leaves, s);
  }

  /** The same for argument {@code i} of the function named {@code f}. */
  static Flat flattenArgument(Object tree, String f, int i) {
    List<Tensor> leaves = new ArrayList<>();
    TreeDef s = flatten(tree, Path.of(f).then(": argument ", i, ""), leaves);
    return new Flat(leaves, s);
  }

  /** The tensors of {@code tree} in order. */
  public static List<Tensor> leaves(Object tree) {
    return flatten(tree, "tree").leaves();
  }

  /** {@code tree} with {@code f} applied to every tensor. */
  public static <T> T map(UnaryOperator<Tensor> f, T tree) {
    Given.given("Tree.map", "f", f);
    Flat flat = flatten(tree, "tree");
    return Tree.<T>cast(flat.structure().build(flat.leaves().stream().map(f).toList()));
  }

  /**
   * Two structures of one shape joined, tensor by tensor.
   *
   * @throws EngramException when the structures differ
   */
  public static <T> T zip(BinaryOperator<Tensor> f, T a, T b) {
    Given.given("Tree.zip", "f", f);
    Flat left = flatten(a, "tree");
    Flat right = flatten(b, "tree");
    if (!left.structure().equals(right.structure())) {
      throw new EngramException(
          "zip: the structures differ: "
              + left.structure().paths("a")
              + " against "
              + right.structure().paths("b")
              + " ("
              + SourceLocation.here()
              + ")");
    }
    List<Tensor> joined = new ArrayList<>();
    for (int i = 0; i < left.leaves().size(); i++) {
      joined.add(f.apply(left.leaves().get(i), right.leaves().get(i)));
    }
    return Tree.<T>cast(left.structure().build(joined));
  }

  /** A structure built from another's shape has its static type. */
  @SuppressWarnings("unchecked")
  static <T> T cast(Object built) {
    return (T) built;
  }

  /** Where in the structure we are; written out only for an error. */
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
              at, "the module " + v.className(), "use it from the enclosing scope instead");
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
              "under a key that is no text, number or enum constant",
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
