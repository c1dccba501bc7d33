package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** A loss with auxiliary results of the function that computes it. */
public record WithAux<X>(Tensor value, X aux) {
  public WithAux {
    Given.given("WithAux", "value", value);
    Given.given("WithAux", "aux", aux);
  }
}
