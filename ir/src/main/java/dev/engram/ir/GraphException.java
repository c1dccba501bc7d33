package dev.engram.ir;

/** A graph that breaks a rule of the IR; the message names the equation. */
public final class GraphException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public GraphException(String message) {
    super(message);
  }

  /** An error with this message, which another one led to. */
  public GraphException(String message, Throwable cause) {
    super(message, cause);
  }
}
