package dev.engram.ir;

/** A value found wrong while a program ran, such as an index out of range. */
public sealed class RunException extends EngramException permits InterruptedRunException {
  private static final long serialVersionUID = 1L;

  public RunException(String message) {
    super(message);
  }

  public RunException(String message, Throwable cause) {
    super(message, cause);
  }
}
