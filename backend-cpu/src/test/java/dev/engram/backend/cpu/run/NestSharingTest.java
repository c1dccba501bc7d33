package dev.engram.backend.cpu.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Nests are divided while that is faster. */
final class NestSharingTest {
  /** So many runs that take so long with and without; returns how many were divided. */
  private static int run(NestSharing s, int runs, long shared, long alone) {
    int divided = 0;
    for (int i = 0; i < runs; i++) {
      boolean next = s.next();
      divided += next ? 1 : 0;
      s.took(next ? shared : alone);
    }
    return divided;
  }

  @Test
  void dividedAtFirst() {
    NestSharing s = new NestSharing();
    assertEquals(16, run(s, 16, 100, 50));
    assertEquals(4, run(s, 8, 100, 50), "in turns");
    assertFalse(s.next());
  }

  @Test
  void slowerRunsBecomeRare() {
    assertTrue(run(new NestSharing(), 100_000, 200, 100) < 500, "where one thread is faster");
    assertTrue(run(new NestSharing(), 100_000, 100, 200) > 99_500, "where two are");
  }

  @Test
  void aLittleChangesNothing() {
    NestSharing s = new NestSharing();
    run(s, 24, 100, 96);
    assertTrue(s.next());
    run(s, 40, 100, 94);
    assertFalse(s.next());
    run(s, 72, 96, 100);
    assertFalse(s.next());
  }

  @Test
  void itIsDecidedAgain() {
    NestSharing s = new NestSharing();
    run(s, 20_000, 200, 100);
    assertFalse(s.next());
    run(s, 20_000, 50, 100);
    assertTrue(s.next());
  }

  /** A process that kept the other processor busy for a moment is soon forgotten. */
  @Test
  void aChangeIsTriedAgainSoon() {
    NestSharing s = new NestSharing();
    run(s, 20_000, 100, 200);
    int undivided = 0;
    for (int i = 0; i < 1100 && undivided < 10; i++) {
      undivided = s.next() ? 0 : undivided + 1;
      run(s, 1, 200, 100);
    }
    assertEquals(10, undivided, "it is seen at the next trial");
    run(s, 24, 100, 200);
    assertTrue(s.next());
  }

  /** One run of a trial that was delayed decides nothing. */
  @Test
  void theLeastOfEachIsCompared() {
    NestSharing s = new NestSharing();
    run(s, 16, 100, 150);
    s.took(100_000);
    run(s, 7, 100, 150);
    assertTrue(s.next());
  }
}
