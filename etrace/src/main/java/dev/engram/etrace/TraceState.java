package dev.engram.etrace;

import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;

/**
 * A state that a rule carries from step to step; initially zero, except for a key.
 *
 * @param name such as {@code rnn.Wz.weight.g0.s0}
 * @param type with one example; for a dense weight {@code [in, out]} an eligibility trace has the
 *     axes {@code [in, out]}, that of SnAp-n {@code [out, K, in]} with K positions kept, or {@code
 *     [in, out, P]} with all positions
 */
public record TraceState(String name, Kind kind, TensorType type) {
  public TraceState {
    Given.given("TraceState", "name", name);
    Given.given("TraceState", "kind", kind);
    Given.given("TraceState", "type", type);
  }

  /** The kind of state. */
  public enum Kind {
    /** A trace for each weight and hidden position. */
    ELIGIBILITY,
    /** A filtered trace, or other memory of a filter. */
    FILTERED,
    /** The trace of a site's input. */
    INPUT,
    /** The trace of the effect of a site's output on a hidden state. */
    OUTPUT,
    /** What a factorization by outer products of one's own remembers. */
    MEMORY,
    /** A random combination of hidden states. */
    STATE_PROJECTION,
    /** A random combination of weights. */
    WEIGHT_PROJECTION,
    /** The number of steps taken. */
    COUNTER,
    /** A random key, i32[2], which the caller sets initially. */
    KEY
  }
}
