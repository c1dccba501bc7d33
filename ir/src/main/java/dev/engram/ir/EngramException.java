package dev.engram.ir;

/** The root of every error that the library reports on purpose. */
public class EngramException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public EngramException(String message) {
    super(message);
  }

  /** An error with this message, which another one led to. */
  public EngramException(String message, Throwable cause) {
    super(message, cause);
  }
}
