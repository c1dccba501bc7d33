package dev.engram.etrace;

import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;

/**
 * Something that a rule takes beside the step's parameters and its traces; the same for all
 * examples of a batch, except for a modulator.
 */
public record RuleInput(String name, Kind kind, TensorType type) {
  public RuleInput {
    Given.given("RuleInput", "name", name);
    Given.given("RuleInput", "kind", kind);
    Given.given("RuleInput", "type", type);
  }

  /** What it is for. */
  public enum Kind {
    /** Fixed random weights {@code [results, positions]}; set once. */
    FEEDBACK,
    /** The third factor: a scalar given with each step. */
    MODULATOR,
    /** Learned; its gradient is that of the prediction's own squared error. Starts at zero. */
    SYNTHESIZER
  }
}
