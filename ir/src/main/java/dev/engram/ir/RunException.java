package dev.engram.ir;

/** A value found wrong while a program ran, such as an index out of range. */
public sealed class RunException extends EngramException permits InterruptedRunException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public RunException(String message) {
    super(message);
  }

  /** An error with this message, which another one led to. */
  public RunException(String message, Throwable cause) {
    super(message, cause);
  }
}
