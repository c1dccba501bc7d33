package dev.engram.ir.runtime;

import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;

/**
 * What code of users has thrown: anything, since only Java's compiler wants checked exceptions to
 * be declared, and other languages and tools do not.
 */
public final class Thrown {
  private Thrown() {}

  /**
   * What is thrown instead of {@code t}: itself where it is unchecked; else a {@link RunException}
   * that names the user's line, with {@code t} as its cause.
   */
  public static RuntimeException unchecked(Throwable t) {
    return switch (t) {
      case Error e -> throw e;
      case RuntimeException e -> e;
      default ->
          new RunException(
              "the code of a row has thrown "
                  + t
                  + " ("
                  + SourceLocation.of(t)
                  + "), which is checked; throw an unchecked exception",
              t);
    };
  }
}
