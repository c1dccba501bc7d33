package dev.engram.ir;

/** A graph that breaks a rule of the IR; the message names the equation. */
public final class GraphException extends EngramException {
  private static final long serialVersionUID = 1L;

  public GraphException(String message) {
    super(message);
  }

  public GraphException(String message, Throwable cause) {
    super(message, cause);
  }
}
