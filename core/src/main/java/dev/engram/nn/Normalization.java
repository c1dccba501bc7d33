package dev.engram.nn;

import dev.engram.ir.Tensor;

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

  private static Tensor inverse(Tensor x, double epsilon) {
    int last = x.rank() - 1;
    return x.square().mean(last).add(epsilon).rsqrt().expandDims(last);
  }
}
