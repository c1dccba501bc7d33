package dev.engram.tests.random;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The choices that a program is generated from. Every recipe yields a valid program, so removing
 * parts of a recipe leaves another valid one.
 *
 * @param data seed of the arguments
 * @param steps the {@link Choices} of each step of the program
 */
record Recipe(int data, List<List<Integer>> steps) {
  /** Numbers are drawn from {@code 0 … RANGE}. */
  static final int RANGE = 9999;

  static final int MAX_STEPS = 12;
  static final int MAX_CHOICES = 48;

  /** A recipe without shrinking, for tests that search until they find a fault. */
  static Recipe random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<List<Integer>> steps = new ArrayList<>();
    for (int i = random.nextInt(1, MAX_STEPS + 1); i > 0; i--) {
      steps.add(
          IntStream.range(0, MAX_CHOICES).map(_ -> random.nextInt(RANGE + 1)).boxed().toList());
    }
    return new Recipe(random.nextInt(RANGE + 1), steps);
  }
}
