package dev.engram.etrace;

import dev.engram.ir.EngramException;

/** Thrown for a model that cannot be learned online. */
public final class EtraceException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public EtraceException(String message) {
    super(message);
  }
}
