package dev.engram.spiking;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;

/** The range of the exponential of neurons that spike by one. */
final class Exponentials {
  private Exponentials() {}

  /**
   * Checks that {@code e^((peak - threshold)/width)}, the largest exponential that a neuron meets
   * as a potential above the peak is reset first, is within the range of {@code dtype}, with room
   * for factors.
   */
  static void check(String who, double peak, double threshold, double width, DType dtype) {
    double limit = dtype == DType.F16 ? 8 : 60;
    double most = (peak - threshold) / width;
    if (!(most <= limit)) {
      throw new TypeException(
          "%s: (peak - threshold)/width = (%s - %s)/%s = %s, expected at most %s, where its exponential is within the range of %s (%s); choose a lower peak, which a potential above the threshold reaches all the same"
              .formatted(who, peak, threshold, width, most, limit, dtype, SourceLocation.here()));
    }
  }
}
