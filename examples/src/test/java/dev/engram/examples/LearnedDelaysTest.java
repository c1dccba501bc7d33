package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The lag between the ears is found, and followed; a delay that is not learned stays wrong. */
class LearnedDelaysTest {

  @Test
  void theLagIsFound() {
    for (int seed = 1; seed <= 3; seed++) {
      LearnedDelays.Found found = LearnedDelays.learn(new int[] {9}, 20, true, seed);
      assertEquals(9, found.delay(), 0.2, "seed " + seed);
      LearnedDelays.Found fixed = LearnedDelays.learn(new int[] {9}, 20, false, seed);
      assertEquals(2, fixed.delay());
      assertTrue(found.difference() < 0.3 * fixed.difference(), found + ", " + fixed);
    }
  }

  @Test
  void aSourceThatMovesIsFollowed() {
    LearnedDelays.Found found = LearnedDelays.learn(new int[] {9, 4}, 20, true, 1);
    assertEquals(4, found.delay(), 0.2);
  }
}
