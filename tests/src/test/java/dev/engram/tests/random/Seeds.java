package dev.engram.tests.random;

import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Seeds of programs.
 *
 * @param base {@code -Dengram.seed}: a number, or {@code random} for other programs each time
 */
record Seeds(long base) {
  private static final long FIXED = 2026;

  static Seeds ofProperties() {
    String set = System.getProperty("engram.seed", Long.toString(FIXED));
    return new Seeds(set.equals("random") ? System.nanoTime() : Long.parseLong(set));
  }

  /** Each law has its own programs. */
  LongStream of(Law law) {
    return new SplittableRandom(base * 31 + law.name().hashCode()).longs();
  }
}
