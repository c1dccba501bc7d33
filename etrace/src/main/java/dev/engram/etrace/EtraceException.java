package dev.engram.etrace;

import dev.engram.ir.EngramException;

/** Thrown for a model that cannot be learned online. */
public final class EtraceException extends EngramException {
  private static final long serialVersionUID = 1L;

  public EtraceException(String message) {
    super(message);
  }
}
