package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The active group is told by what was learned, and not without learning. */
class SpikeClassesTest {
  private static double last(double[] accuracy) {
    return Arrays.stream(accuracy).skip(accuracy.length - 20).average().orElseThrow();
  }

  @Test
  void spikesAreClassified() {
    for (int seed = 1; seed <= 3; seed++) {
      double learned = last(SpikeClasses.learn(80, 3e-3, seed));
      double not = last(SpikeClasses.learn(80, 0, seed));
      // ten classes
      assertTrue(learned > 0.8 && not < 0.4, "seed " + seed + ": " + learned + ", " + not);
    }
  }
}
