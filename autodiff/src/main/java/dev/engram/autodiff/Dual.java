package dev.engram.autodiff;

import dev.engram.ir.Value;
import java.util.Optional;

/** A value and its tangent; no tangent stands for zero. */
record Dual(Value primal, Optional<Value> tangent) {
  static Dual of(Value primal, Value tangent) {
    return new Dual(primal, Optional.of(tangent));
  }

  static Dual constant(Value primal) {
    return new Dual(primal, Optional.empty());
  }

  boolean hasTangent() {
    return tangent.isPresent();
  }
}
