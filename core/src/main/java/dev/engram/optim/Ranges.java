package dev.engram.optim;

import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import java.util.function.DoublePredicate;

/** Checks of the numbers that optimizers and schedules are made of. NaN fits nowhere. */
final class Ranges {
  private Ranges() {}

  /** A rate, a decay, a start: from 0. */
  static double notNegative(String who, String name, double value) {
    return in(who, name, value, "a finite number of at least 0", x -> x >= 0 && x < 1 / 0.0);
  }

  /** What an average keeps of itself at each step: from 0 to below 1. */
  static double kept(String who, String name, double value) {
    return in(who, name, value, "0 <= " + name + " < 1", x -> x >= 0 && x < 1);
  }

  /** What keeps a quotient finite; f32 must not round it to 0. */
  static double epsilon(String who, double value) {
    return in(
        who, "epsilon", value, "a finite number of at least 1e-37", x -> x >= 1e-37 && x < 1 / 0.0);
  }

  static double in(String who, String name, double value, String expected, DoublePredicate fits) {
    if (!fits.test(value)) {
      throw new TypeException(
          "%s: %s=%s, expected %s (%s)".formatted(who, name, value, expected, Where.here()));
    }
    return value;
  }

  static int atLeastOne(String who, String name, int value) {
    if (value < 1) {
      throw new TypeException(
          "%s: %s=%d, expected at least 1 (%s)".formatted(who, name, value, Where.here()));
    }
    return value;
  }
}
