package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.List;

/**
 * Layer normalization (Ba et al. 2016) over the last axis: {@code y = scale (x - mean) / √(variance
 * + ε) + bias}. States: {@code scale [size]}, {@code bias [size]}.
 */
public final class LayerNorm extends Layer {
  private final State scale;
  private final State bias;
  private final double epsilon;

  /** ε = 1e-5, f32. */
  public LayerNorm(int size) {
    this(size, DType.F32, 1e-5);
  }

  /**
   * Scale 1, bias 0.
   *
   * @param size length of the last axis
   * @param epsilon added to the variance, at least 0
   */
  public LayerNorm(int size, DType dtype, double epsilon) {
    Ranges.atLeastOne("LayerNorm", "size", size);
    Ranges.notNegative("LayerNorm", "epsilon", epsilon);
    TensorType type = TensorType.of(dtype, size);
    this.scale = parameter(HostTensor.full(type, 1));
    this.bias = parameter(HostTensor.full(type, 0));
    this.epsilon = epsilon;
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., size]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("LayerNorm.update", "x", x);
    return RoundOnce.of(
        List.of(x, scale.value(), bias.value()),
        in -> Normalization.standard(in.get(0), epsilon).mul(in.get(1)).add(in.get(2)));
  }
}
