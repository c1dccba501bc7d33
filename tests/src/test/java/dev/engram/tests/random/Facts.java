package dev.engram.tests.random;

import dev.engram.ir.DType;

/**
 * What is known of a value's elements.
 *
 * @param bound none is larger in magnitude
 * @param noise two right ways to compute the value differ by no more; 0 when they agree to the bit
 */
record Facts(double bound, double noise) {
  /** Larger values are brought back before others are made of them. */
  static final double LARGE = 30;

  /** Whole numbers and truth values: the same wherever they are computed. */
  static final Facts WHOLE = new Facts(Double.POSITIVE_INFINITY, 0);

  boolean exact() {
    return noise == 0;
  }

  Facts or(Facts other) {
    return new Facts(Math.max(bound, other.bound), Math.max(noise, other.noise));
  }

  /** How far one operation may be off at 1. */
  static double rounding(DType dtype) {
    return switch (dtype) {
      case F32 -> 2.4e-7;
      case F64 -> 4.4e-16;
      case F16 -> 1e-3;
      case BF16 -> 8e-3;
      case I8, I16, I32, I64, U8, BOOL -> 0;
    };
  }

  /** Noisier values are not used, lest a comparison could not tell noise from a fault. */
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
