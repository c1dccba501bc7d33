package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * What one step of a loop gives: the next carry, and the step's output. Of a whole {@link
 * Engram#scan}: the last carry, and the outputs stacked along a new axis 0.
 */
public record StepResult<C, Y>(C carry, Y out) {
  public StepResult {
    Given.given("StepResult", "carry", carry);
    Given.given("StepResult", "out", out);
  }
}
