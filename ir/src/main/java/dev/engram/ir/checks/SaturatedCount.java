package dev.engram.ir.checks;

/**
 * Sums and products of counts that are shown or compared, and that nothing is allocated by: {@link
 * Long#MAX_VALUE} stands for whatever is more.
 */
public final class SaturatedCount {
  private SaturatedCount() {}

  /** {@code a + b} of numbers that are not negative. */
  public static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  /** {@code a · b} of numbers that are not negative. */
  public static long product(long a, long b) {
    return a != 0 && b > Long.MAX_VALUE / a ? Long.MAX_VALUE : a * b;
  }
}
