package dev.engram.autodiff.forward;

import dev.engram.ir.Value;
import java.util.Optional;

/** A value and its tangent; no tangent stands for zero. */
public record Dual(Value primal, Optional<Value> tangent) {
  public static Dual of(Value primal, Value tangent) {
    return new Dual(primal, Optional.of(tangent));
  }

  public static Dual constant(Value primal) {
    return new Dual(primal, Optional.empty());
  }

  public boolean hasTangent() {
    return tangent.isPresent();
  }
}
