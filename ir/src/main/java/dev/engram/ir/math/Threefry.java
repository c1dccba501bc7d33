package dev.engram.ir.math;

import dev.engram.ir.op.Source;

/**
 * Threefry-2x32 with 20 rounds, the counter-based random function of Salmon, Moraes, Dror and Shaw,
 * <i>Parallel random numbers: as easy as 1, 2, 3</i> (SC 2011).
 */
public final class Threefry {
  private static final int PARITY = 0x1BD11BDA;
  private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};

  private Threefry() {}

  /** Word {@code i} of {@link Source.RandomBits} under the key {@code (k0, k1)}. */
  public static int word(int k0, int k1, long i) {
    long counter = i >>> 1;
    long block = block(k0, k1, (int) counter, (int) (counter >>> 32));
    return (int) ((i & 1) == 0 ? block : block >>> 32);
  }

  /**
   * Both words of the counter {@code (c0, c1)}: the first in the low half, the second in the high.
   */
  public static long block(int k0, int k1, int c0, int c1) {
    int[] key = {k0, k1, PARITY ^ k0 ^ k1};
    int x0 = c0 + k0;
    int x1 = c1 + k1;
    for (int round = 0; round < 20; round++) {
      x0 += x1;
      x1 = Integer.rotateLeft(x1, ROTATIONS[round % 8]) ^ x0;
      if (round % 4 == 3) {
        int injection = round / 4 + 1;
        x0 += key[injection % 3];
        x1 += key[(injection + 1) % 3] + injection;
      }
    }
    return (x0 & 0xFFFFFFFFL) | ((long) x1 << 32);
  }
}
