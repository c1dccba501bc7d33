package dev.engram.etrace;

import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;

/**
 * Something that a rule carries from step to step; zero before the first, except for a key.
 *
 * @param name such as {@code rnn.Wz.weight.g0.s0}
 * @param type with one example; for a dense weight {@code [in, out]} an eligibility trace has the
 *     axes {@code [in, out]}
 */
public record TraceState(String name, Kind kind, TensorType type) {
  public TraceState {
    Given.given("TraceState", "name", name);
    Given.given("TraceState", "kind", kind);
    Given.given("TraceState", "type", type);
  }

  /** What is carried. */
  public enum Kind {
    /** A trace for each weight and hidden position. */
    ELIGIBILITY,
    /** A filtered trace. */
    FILTERED,
    /** The trace of a site's input. */
    INPUT,
    /** The trace of what a site's output does to a hidden state. */
    OUTPUT,
    /** A random combination of hidden states. */
    STATE_PROJECTION,
    /** A random combination of weights. */
    WEIGHT_PROJECTION,
    /** The number of steps taken. */
    COUNTER,
    /** A random key, i32[2]; whoever runs the rule sets it at the start. */
    KEY
  }
}
