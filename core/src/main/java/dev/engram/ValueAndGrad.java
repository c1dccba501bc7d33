package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** A scalar and its gradient. */
public record ValueAndGrad<G>(Tensor value, G grad) {
  public ValueAndGrad {
    Given.given("ValueAndGrad", "value", value);
    Given.given("ValueAndGrad", "grad", grad);
  }
}
