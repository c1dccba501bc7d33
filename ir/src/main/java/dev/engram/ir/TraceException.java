package dev.engram.ir;

/** A traced value used where its trace does not reach, or state used in the wrong order. */
public final class TraceException extends EngramException {
  private static final long serialVersionUID = 1L;

  public TraceException(String message) {
    super(message);
  }

  public TraceException(String message, Throwable cause) {
    super(message, cause);
  }
}
