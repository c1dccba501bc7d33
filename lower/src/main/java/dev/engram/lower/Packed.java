package dev.engram.lower;

import dev.engram.ir.Custom;
import dev.engram.ir.Move;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.List;

/** A transpose that is written out, for many reads along its last axis. */
record Packed(List<Integer> perm) implements Custom {
  Packed {
    perm = List.copyOf(perm);
  }

  @Override
  public String mnemonic() {
    return "packed";
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    return new Move.Transpose(perm).typeOf(in);
  }

  @Override
  public List<Tensor> expand(List<Tensor> in) {
    return Tensor.apply(new Move.Transpose(perm), in);
  }
}
