package dev.engram.ir;

/** The root of every error that the library reports on purpose. */
public class EngramException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EngramException(String message) {
    super(message);
  }

  public EngramException(String message, Throwable cause) {
    super(message, cause);
  }
}
