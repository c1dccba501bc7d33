package dev.engram.ir;

/** Shapes or element types that do not fit an operation. */
public final class TypeException extends EngramException {
  private static final long serialVersionUID = 1L;

  public TypeException(String message) {
    super(message);
  }

  public TypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
