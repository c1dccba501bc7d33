package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Answers become right by rewards, and by nothing else. */
class RewardedSpikesTest {

  @Test
  void rewardsTeach() {
    for (int seed = 1; seed <= 3; seed++) {
      double[] right = RewardedSpikes.learn(4, true, seed);
      assertTrue(right[3] >= 0.9, "seed " + seed + ": " + right[3]);
    }
  }

  @Test
  void withoutRewardsAnswersStayAsTheyAre() {
    for (int seed = 1; seed <= 3; seed++) {
      double[] right = RewardedSpikes.learn(4, false, seed);
      // of a hundred answers by chance: five standard deviations are 0.25
      assertEquals(0.5, right[3], 0.25, "seed " + seed);
    }
  }
}
