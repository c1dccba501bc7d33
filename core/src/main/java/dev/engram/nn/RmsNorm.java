package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;

/**
 * Root mean square normalization (Zhang and Sennrich 2019) over the last axis: {@code y = scale x /
 * √(mean(x²) + ε)}. State: {@code scale [size]}.
 */
public final class RmsNorm extends Layer {
  private final State scale;
  private final double epsilon;

  /** ε = 1e-5, f32. */
  public RmsNorm(int size) {
    this(size, DType.F32, 1e-5);
  }

  /**
   * Scale 1.
   *
   * @param size length of the last axis
   * @param epsilon added to the mean square, at least 0
   */
  public RmsNorm(int size, DType dtype, double epsilon) {
    Ranges.atLeastOne("RmsNorm", "size", size);
    Ranges.notNegative("RmsNorm", "epsilon", epsilon);
    this.scale = parameter(HostTensor.full(TensorType.of(dtype, size), 1));
    this.epsilon = epsilon;
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., size]}
   */
  @Override
  public Tensor update(Tensor x) {
    return RoundOnce.of(
        x, scale.value(), (y, by) -> Normalization.rootMeanSquare(y, epsilon).mul(by));
  }
}
