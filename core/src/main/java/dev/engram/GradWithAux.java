package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** A gradient, the value of the differentiated scalar, and the function's auxiliary results. */
public record GradWithAux<G, X>(G grad, Tensor value, X aux) {
  public GradWithAux {
    Given.given("GradWithAux", "grad", grad);
    Given.given("GradWithAux", "value", value);
    Given.given("GradWithAux", "aux", aux);
  }
}
