package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * What one step of a loop gives: the next carry, and the step's output. Of a whole {@link
 * Engram#scan}: the last carry, and the outputs stacked along a new axis 0.
 */
public record Step<C, Y>(C carry, Y out) {
  public Step {
    Given.given("Step", "carry", carry);
    Given.given("Step", "out", out);
  }
}
