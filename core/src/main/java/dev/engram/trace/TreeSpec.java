package dev.engram.trace;

import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.ir.TensorType;
import java.util.List;

/** A structure with the types of its tensors. */
public record TreeSpec(TreeDef structure, List<TensorType> types) {
  public static TreeSpec of(Tree.Flat flat) {
    return new TreeSpec(flat.structure(), flat.types());
  }
}
