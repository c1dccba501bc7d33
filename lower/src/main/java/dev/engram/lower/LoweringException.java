package dev.engram.lower;

import dev.engram.ir.EngramException;

/** Thrown for a graph that cannot be lowered, or a loop program that violates its rules. */
public final class LoweringException extends EngramException {
  private static final long serialVersionUID = 1L;

  public LoweringException(String message) {
    super(message);
  }

  public LoweringException(String message, Throwable cause) {
    super(message, cause);
  }
}
