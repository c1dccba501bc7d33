package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The side with more cues is learned by neurons that keep their signs. */
class EvidenceAccumulationTest {

  @Test
  void cuesAreCounted() {
    double accuracy = EvidenceAccumulation.learn(400, 5e-3, 1);
    assertTrue(accuracy >= 0.85, "" + accuracy);
  }

  @Test
  void notWithoutLearning() {
    // of 640 trials by chance: five standard deviations are 0.1
    assertEquals(0.5, EvidenceAccumulation.learn(20, 0, 1), 0.15);
  }
}
