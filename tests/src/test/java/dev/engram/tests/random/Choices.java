package dev.engram.tests.random;

import java.util.List;

/**
 * A list of numbers that is read in order and turned into decisions. Any list is valid: a number is
 * taken modulo the number of options, and after the end every choice is the first, so a list stays
 * valid when it is truncated or shrunk.
 */
final class Choices {
  private final List<Integer> numbers;
  private int at;

  Choices(List<Integer> numbers) {
    this.numbers = numbers;
  }

  /** One of {@code 0 … options-1}. */
  int next(int options) {
    int n = at < numbers.size() ? numbers.get(at++) : 0;
    return Math.floorMod(n, options);
  }

  /** True with probability 1/{@code n}, and never in the simplest program. */
  boolean rarely(int n) {
    return next(n) == n - 1;
  }

  <T> T of(List<T> options) {
    return options.get(next(options.size()));
  }
}
