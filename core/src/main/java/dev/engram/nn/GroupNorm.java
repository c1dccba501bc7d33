package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.Moves;
import dev.engram.ir.tensor.RoundOnce;
import java.util.List;

/**
 * Group normalization (Wu and He 2018): the channels, on the last axis, are divided into groups of
 * neighbours; mean and variance are taken over a group at all positions of the example. States:
 * {@code scale [channels]}, {@code bias [channels]}.
 */
public final class GroupNorm extends Layer {
  private final int groups;
  private final int channels;
  private final State scale;
  private final State bias;
  private final double epsilon;

  /** ε = 1e-5, f32. */
  public GroupNorm(int groups, int channels) {
    this(groups, channels, DType.F32, 1e-5);
  }

  /**
   * Scale 1, bias 0.
   *
   * @param groups a divisor of {@code channels}
   * @param epsilon added to the variance, at least 0
   */
  public GroupNorm(int groups, int channels, DType dtype, double epsilon) {
    Ranges.atLeastOne("GroupNorm", "channels", channels);
    Ranges.notNegative("GroupNorm", "epsilon", epsilon);
    if (groups < 1 || channels % groups != 0) {
      throw new TypeException(
          "GroupNorm: groups="
              + groups
              + ", expected a divisor of channels="
              + channels
              + " ("
              + SourceLocation.here()
              + ")");
    }
    TensorType type = TensorType.of(dtype, channels);
    this.groups = groups;
    this.channels = channels;
    this.scale = parameter(HostTensor.full(type, 1));
    this.bias = parameter(HostTensor.full(type, 0));
    this.epsilon = epsilon;
  }

  /**
   * {@inheritDoc}
   *
   * @param x one example, {@code [positions..., channels]}; map over a batch with {@link
   *     dev.engram.Vmap}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("GroupNorm.update", "x", x);
    return RoundOnce.of(
        List.of(x, scale.value(), bias.value()),
        in -> standard(in.get(0)).mul(in.get(1)).add(in.get(2)));
  }

  private Tensor standard(Tensor x) {
    Shape positions = x.shape().range(0, x.rank() - 1);
    int each = channels / groups;
    int n = Moves.length("GroupNorm", "the axis of the positions of " + x.type(), positions.size());
    int whole = Moves.length("GroupNorm", "the axis of a group of " + x.type(), (long) n * each);
    // [n, groups, each] → [groups, n·each]
    Tensor rows = x.reshape(n, groups, each).transpose(1, 0, 2).reshape(groups, whole);
    return Normalization.standard(rows, epsilon)
        .reshape(groups, n, each)
        .transpose(1, 0, 2)
        .reshape(x.shape());
  }
}
