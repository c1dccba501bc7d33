package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.trace.Flattening;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * Trees of tensors, the arguments and results of transformations (pytrees in JAX).
 *
 * <p>A tree, or structure, is a {@link Tensor}; a record, {@link List}, {@link Map} (in iteration
 * order) or {@link Optional} of structures; or an immutable value that is not a tensor: text, a
 * boxed number, an enum constant. The last are static: a compiled function is compiled again for
 * another value.
 */
public final class Tree {
  private Tree() {}

  /** The tensors of a structure in order, and the structure without them. */
  public record Flat(List<Tensor> leaves, TreeDef structure) {
    public Flat {
      Given.all("Flat", "leaves", leaves);
      Given.given("Flat", "structure", structure);
    }

    /** Returns the types of the tensors, in order. */
    public List<TensorType> types() {
      List<TensorType> types = new ArrayList<>(leaves.size());
      for (Tensor t : leaves) {
        types.add(t.type());
      }
      return types;
    }
  }

  /**
   * Flattens {@code tree} into its tensors and its structure.
   *
   * @param root the name of the whole structure in errors
   * @throws EngramException naming the path of a part that is not a structure
   */
  public static Flat flatten(Object tree, String root) {
    Given.given("Tree.flatten", "root", root);
    return Flattening.flatten(tree, root);
  }

  /** Returns the tensors of {@code tree} in order. */
  public static List<Tensor> leaves(Object tree) {
    return flatten(tree, "tree").leaves();
  }

  /** Applies {@code f} to every tensor of {@code tree}. */
  public static <T> T map(UnaryOperator<Tensor> f, T tree) {
    Given.given("Tree.map", "f", f);
    Flat flat = flatten(tree, "tree");
    return Flattening.<T>cast(flat.structure().build(flat.leaves().stream().map(f).toList()));
  }

  /**
   * Combines two trees of the same structure, tensor by tensor.
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
    return Flattening.<T>cast(left.structure().build(joined));
  }
}
