package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * The result of one step of a loop: the next carry, and the step's output. For a whole {@link
 * Engram#scan}: the last carry, and the outputs stacked along a new axis 0.
 */
public record StepResult<C, Y>(C carry, Y out) {
  public StepResult {
    Given.given("StepResult", "carry", carry);
    Given.given("StepResult", "out", out);
  }
}
