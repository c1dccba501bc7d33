package dev.engram.nn;

import dev.engram.ir.Tensor;
import java.util.stream.IntStream;

/**
 * Normalization along the last axis. Layers compute it in f32 for 16-bit types, whose squares may
 * overflow.
 */
final class Normalization {
  private Normalization() {}

  /** {@code (x - mean) / √(variance + ε)} */
  static Tensor standard(Tensor x, double epsilon) {
    int last = x.rank() - 1;
    Tensor centred = x.sub(x.mean(last).expandDims(last));
    return centred.mul(inverse(centred, epsilon));
  }

  /** {@code x / √(mean square + ε)} */
  static Tensor rootMeanSquare(Tensor x, double epsilon) {
    return x.mul(inverse(x, epsilon));
  }

  /**
   * {@code gain (W - mean) / √max(fan variance, ε)}, over all axes but the last, of {@code fan}
   * elements.
   */
  static Tensor scaledWeights(Tensor weight, Tensor gain, double epsilon) {
    int[] each = IntStream.range(0, weight.rank() - 1).toArray();
    long fan = weight.shape().size() / weight.dim(-1);
    Tensor centred = weight.sub(weight.mean(each));
    Tensor spread = centred.square().mean(each).mul(fan);
    return centred.mul(gain.mul(spread.max(spread.like(epsilon)).rsqrt()));
  }

  private static Tensor inverse(Tensor x, double epsilon) {
    int last = x.rank() - 1;
    return x.square().mean(last).add(epsilon).rsqrt().expandDims(last);
  }
}
