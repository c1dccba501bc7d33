package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * A function's value, and its derivative there as a linear function of a tangent. Tangents of parts
 * that are not float are ignored, and their results are zero.
 */
public record LinearizeResult<A, R>(R value, Fn1<A, R> map) {
  public LinearizeResult {
    Given.given("LinearizeResult", "value", value);
    Given.given("LinearizeResult", "map", map);
  }
}
