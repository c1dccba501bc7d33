package dev.engram.ir.checks;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import java.util.function.DoublePredicate;

/** Checks of the numbers that layers, optimizers and schedules are made of. NaN fits nowhere. */
public final class Ranges {
  private Ranges() {}

  /** An offset, a potential, a slope. */
  public static double finite(String who, String name, double value) {
    return in(who, name, value, "a finite number", Double::isFinite);
  }

  /** A rate, a decay, a start: from 0. */
  public static double notNegative(String who, String name, double value) {
    return in(who, name, value, "a finite number of at least 0", x -> x >= 0 && x < 1 / 0.0);
  }

  /** A time constant, a width: above 0. */
  public static double positive(String who, String name, double value) {
    return in(who, name, value, "a finite number above 0", x -> x > 0 && x < 1 / 0.0);
  }

  /** A probability, a share: from 0 to 1. */
  public static double share(String who, String name, double value) {
    return in(who, name, value, "0 <= " + name + " <= 1", x -> x >= 0 && x <= 1);
  }

  /** What an average keeps of itself at each step: from 0 to below 1. */
  public static double kept(String who, String name, double value) {
    return in(who, name, value, "0 <= " + name + " < 1", x -> x >= 0 && x < 1);
  }

  /** What keeps a quotient finite; f32 must not round it to 0. */
  public static double epsilon(String who, double value) {
    return in(
        who, "epsilon", value, "a finite number of at least 1e-37", x -> x >= 1e-37 && x < 1 / 0.0);
  }

  /** A number that {@code fits}, which {@code expected} says in words. */
  public static double in(
      String who, String name, double value, String expected, DoublePredicate fits) {
    if (!fits.test(value)) {
      throw new TypeException(
          "%s: %s=%s, expected %s (%s)"
              .formatted(who, name, value, expected, SourceLocation.here()));
    }
    return value;
  }

  /** A length, a count, a period: at least 1. */
  public static int atLeastOne(String who, String name, int value) {
    return atLeast(who, name, value, 1);
  }

  /** A length, a count: at least {@code least}. */
  public static int atLeast(String who, String name, int value, int least) {
    if (value < least) {
      throw new TypeException(
          "%s: %s=%d, expected at least %d (%s)"
              .formatted(who, name, value, least, SourceLocation.here()));
    }
    return value;
  }

  /** At least one number, each at least 1. */
  public static void atLeastOne(String who, String name, int[] values) {
    atLeastOne(who, "number of " + name, values.length);
    for (int value : values) {
      atLeastOne(who, name, value);
    }
  }
}
