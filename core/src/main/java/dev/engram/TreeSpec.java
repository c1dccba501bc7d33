package dev.engram;

import dev.engram.ir.TensorType;
import java.util.List;

/** A structure with the types of its tensors. */
record TreeSpec(TreeDef structure, List<TensorType> types) {
  static TreeSpec of(Tree.Flat flat) {
    return new TreeSpec(flat.structure(), flat.types());
  }
}
