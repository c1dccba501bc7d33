package dev.engram.nn;

import java.util.SplittableRandom;

/** Trials that are not made one by one. */
final class Skips {
  private Skips() {}

  /**
   * Draws the number of failures before the first success of independent trials that succeed with
   * probability {@code p}: {@code ⌊ln u / ln(1 - p)⌋}, the geometric distribution (Devroye 1986,
   * Non-uniform random variate generation, X.2).
   */
  static long next(SplittableRandom random, double p) {
    if (p >= 1) {
      return 0;
    }
    double n = StrictMath.log(1 - random.nextDouble()) / StrictMath.log1p(-p);
    return p <= 0 || n >= Integer.MAX_VALUE ? Integer.MAX_VALUE : (long) n;
  }
}
