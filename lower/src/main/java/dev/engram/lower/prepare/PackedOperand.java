package dev.engram.lower.prepare;

import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Move;
import java.util.List;

/** A transpose that is materialized, for many reads along its last axis. */
public record PackedOperand(List<Integer> perm) implements Custom {
  public PackedOperand {
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
