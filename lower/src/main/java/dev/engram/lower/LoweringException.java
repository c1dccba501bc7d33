package dev.engram.lower;

import dev.engram.ir.EngramException;

/** A graph that cannot be lowered, or a loop program that breaks its own rules. */
public final class LoweringException extends EngramException {
  private static final long serialVersionUID = 1L;

  public LoweringException(String message) {
    super(message);
  }

  public LoweringException(String message, Throwable cause) {
    super(message, cause);
  }
}
