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

/**
 * A rectifier with a learned slope below 0 for each feature: {@code x} above 0, {@code slope · x}
 * below (He et al. 2015). State: {@code slope [size]}.
 */
public final class PRelu extends Layer {
  private final State slope;

  /** Slopes start at 0.25, f32. */
  public PRelu(int size) {
    this(size, DType.F32, 0.25);
  }

  /**
   * @param size features; 1 for one slope that all features share
   * @param start of each slope
   */
  public PRelu(int size, DType dtype, double start) {
    Given.given("PRelu", "dtype", dtype);
    Ranges.atLeastOne("PRelu", "size", size);
    Ranges.finite("PRelu", "start", start);
    this.slope = parameter(HostTensor.full(TensorType.of(dtype, size), start));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., size]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("PRelu.update", "x", x);
    return RoundOnce.of(x, slope.value(), (y, a) -> y.gt(0).select(y, y.mul(a)));
  }
}
