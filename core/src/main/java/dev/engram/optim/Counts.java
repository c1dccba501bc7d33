package dev.engram.optim;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;

/** Checks of whole numbers that need not be 1. */
final class Counts {
  private Counts() {}

  static int atLeast(String who, String name, int value, int least) {
    if (value < least) {
      throw new TypeException(
          "%s: %s=%d, expected at least %d (%s)"
              .formatted(who, name, value, least, SourceLocation.here()));
    }
    return value;
  }
}
