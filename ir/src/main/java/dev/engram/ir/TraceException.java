package dev.engram.ir;

/** A traced value used where its trace does not reach, or state used in the wrong order. */
public final class TraceException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public TraceException(String message) {
    super(message);
  }

  /** An error with this message, which another one led to. */
  public TraceException(String message, Throwable cause) {
    super(message, cause);
  }
}
