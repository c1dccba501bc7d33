package dev.engram.ir;

import dev.engram.ir.checks.Given;

/** A typed variable, defined once: by a parameter or by one equation. Compared by identity. */
public final class Var implements Value {
  private final TensorType type;

  /** A new variable, which equals no other. */
  public Var(TensorType type) {
    Given.given("Var", "type", type);
    this.type = type;
  }

  @Override
  public TensorType type() {
    return type;
  }

  @Override
  public String toString() {
    return "%" + Integer.toHexString(System.identityHashCode(this)) + ": " + type;
  }
}
