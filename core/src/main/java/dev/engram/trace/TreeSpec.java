package dev.engram.trace;

import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.List;

/** A structure with the types of its tensors. */
public record TreeSpec(TreeDef structure, List<TensorType> types) {
  public static TreeSpec of(Tree.Flat flat) {
    return new TreeSpec(flat.structure(), flat.types());
  }

  /** True when it is that of {@code flat}. */
  public boolean isOf(Tree.Flat flat) {
    List<Tensor> leaves = flat.leaves();
    if (types.size() != leaves.size()) {
      return false;
    }
    for (int i = 0; i < types.size(); i++) {
      if (!types.get(i).equals(leaves.get(i).type())) {
        return false;
      }
    }
    return structure.equals(flat.structure());
  }
}
