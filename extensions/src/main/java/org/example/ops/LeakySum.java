package org.example.ops;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Custom;
import java.util.List;

/**
 * A leaky running sum along the last axis: y[t] = x[t] + decay · y[t-1], or from the end if {@code
 * reverse}.
 */
public record LeakySum(double decay, boolean reverse) implements Custom.Linear, Custom.Batchable {

  /** Applies the op to a tensor: {@code [..., T]} to {@code [..., T]}. */
  public static Tensor of(Tensor x, double decay) {
    return Tensor.apply(new LeakySum(decay, false), List.of(x)).getFirst();
  }

  @Override
  public String mnemonic() {
    return "leakySum";
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    if (in.size() != 1 || in.getFirst().rank() == 0 || !in.getFirst().dtype().isFloat()) {
      throw new TypeException(
          "leakySum: got " + in + ", expected one float tensor with an axis to sum along");
    }
    return in;
  }

  /** Multiplies by the matrix of powers of the decay: y[t] = Σ_{s ≤ t} decayᵗ⁻ˢ x[s]. */
  @Override
  public List<Tensor> expand(List<Tensor> in) {
    Tensor x = in.getFirst();
    int n = x.dim(-1);
    HostTensor powers = HostTensor.full(TensorType.of(x.dtype(), n, n), 0);
    for (int s = 0; s < n; s++) {
      for (int t = s; t < n; t++) {
        long at = reverse ? (long) t * n + s : (long) s * n + t;
        powers.setDouble(at, Math.pow(decay, t - s));
      }
    }
    return List.of(x.matmul(powers));
  }

  /** The transpose is the same sum from the other end. */
  @Override
  public List<Tensor> transpose(List<TensorType> inputs, List<Tensor> cotangents) {
    return Tensor.apply(new LeakySum(decay, !reverse), cotangents);
  }

  /** A batch only adds a leading axis, so the op applies unchanged. */
  @Override
  public List<Tensor> batch(List<Tensor> in, int size) {
    return Tensor.apply(this, in);
  }
}
