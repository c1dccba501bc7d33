package dev.engram.etrace;

import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;

/**
 * An operand of a rule besides the step's parameters and its traces; the same for all examples of a
 * batch, except for a modulator.
 */
public record RuleInput(String name, Kind kind, TensorType type) {
  public RuleInput {
    Given.given("RuleInput", "name", name);
    Given.given("RuleInput", "kind", kind);
    Given.given("RuleInput", "type", type);
  }

  /** The purpose of an input. */
  public enum Kind {
    /** Fixed random weights {@code [results, positions]}; set once. */
    FEEDBACK,
    /** The third factor: a scalar given with each step. */
    MODULATOR,
    /** Learned; its gradient is that of the prediction's own squared error. Starts at zero. */
    SYNTHESIZER
  }
}
