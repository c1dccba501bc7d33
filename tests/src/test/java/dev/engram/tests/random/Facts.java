package dev.engram.tests.random;

import dev.engram.ir.DType;

/**
 * Facts about a value's elements.
 *
 * @param bound bound on their magnitude
 * @param noise bound on the difference of two correct computations; 0 when they agree to the bit
 */
record Facts(double bound, double noise) {
  /** Larger values are scaled down before they are used. */
  static final double LARGE = 30;

  /** Integers and bools: the same wherever they are computed. */
  static final Facts WHOLE = new Facts(Double.POSITIVE_INFINITY, 0);

  boolean exact() {
    return noise == 0;
  }

  Facts or(Facts other) {
    return new Facts(Math.max(bound, other.bound), Math.max(noise, other.noise));
  }

  /** Rounding error of one operation at 1. */
  static double rounding(DType dtype) {
    return switch (dtype) {
      case F32 -> 2.4e-7;
      case F64 -> 4.4e-16;
      case F16 -> 1e-3;
      case BF16 -> 8e-3;
      case I8, I16, I32, I64, U8, BOOL -> 0;
    };
  }

  /** Noisier values are not used, since a comparison could not distinguish noise from a fault. */
  static double noiseLimit(DType dtype) {
    return switch (dtype) {
      case F32 -> 2e-5;
      case F64 -> 5e-11;
      case F16 -> 0.02;
      case BF16 -> 0.15;
      case I8, I16, I32, I64, U8, BOOL -> 0;
    };
  }
}
