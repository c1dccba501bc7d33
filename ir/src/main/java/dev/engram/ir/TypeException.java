package dev.engram.ir;

/** Shapes or element types that do not fit an operation. */
public final class TypeException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public TypeException(String message) {
    super(message);
  }

  /** An error with this message, which another one led to. */
  public TypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
