package org.example.ops;

import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Custom;
import java.util.List;

/**
 * Rounds to the nearest integer, with the derivative of the identity: the straight-through
 * estimator (Bengio et al. 2013).
 */
public record RoundThrough() implements Custom.Differentiable {

  /** Applies the op to a float tensor of any shape. */
  public static Tensor of(Tensor x) {
    return Tensor.apply(new RoundThrough(), List.of(x)).getFirst();
  }

  @Override
  public String mnemonic() {
    return "roundThrough";
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    if (in.size() != 1 || !in.getFirst().dtype().isFloat()) {
      throw new TypeException("roundThrough: got " + in + ", expected one float tensor");
    }
    return in;
  }

  @Override
  public List<Tensor> expand(List<Tensor> in) {
    return List.of(in.getFirst().round());
  }

  @Override
  public List<Tensor> tangents(List<Tensor> in, List<Tensor> out, List<Tensor> tangents) {
    return tangents;
  }
}
