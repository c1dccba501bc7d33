package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.ir.checks.SaturatedCount;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class SaturatedCountTest {
  private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);
  private static final long[] COUNTS = {
    0,
    1,
    2,
    3,
    65_536,
    3037000499L,
    3037000500L,
    1L << 32,
    1L << 62,
    Long.MAX_VALUE / 3,
    Long.MAX_VALUE - 1,
    Long.MAX_VALUE
  };

  /** As exact arithmetic, up to the end of long. */
  @Test
  void isExactOrTheMost() {
    for (long a : COUNTS) {
      for (long b : COUNTS) {
        BigInteger x = BigInteger.valueOf(a);
        BigInteger y = BigInteger.valueOf(b);
        assertEquals(x.add(y).min(MOST).longValueExact(), SaturatedCount.sum(a, b));
        assertEquals(x.multiply(y).min(MOST).longValueExact(), SaturatedCount.product(a, b));
      }
    }
  }
}
