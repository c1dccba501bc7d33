package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Whether two stimuli are the same is learned across the pause between them. */
class MatchToSampleTest {

  @Test
  void stimuliAreCompared() {
    double accuracy = MatchToSample.learn(400, 5e-3, 1);
    assertTrue(accuracy >= 0.85, "" + accuracy);
  }

  @Test
  void notWithoutLearning() {
    // of 1280 trials by chance: five standard deviations are 0.07
    assertEquals(0.5, MatchToSample.learn(20, 0, 1), 0.15);
  }
}
