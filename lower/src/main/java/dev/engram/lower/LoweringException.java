package dev.engram.lower;

import dev.engram.ir.EngramException;

/** Thrown for a graph that cannot be lowered, or a loop program that violates its rules. */
public final class LoweringException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public LoweringException(String message) {
    super(message);
  }

  /** An error with this message, which another one led to. */
  public LoweringException(String message, Throwable cause) {
    super(message, cause);
  }
}
