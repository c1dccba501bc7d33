package dev.engram;

import dev.engram.ir.checks.Given;

/** A function's value, and its derivative along a tangent; zeros for parts that are not float. */
public record JvpResult<R>(R value, R tangent) {
  public JvpResult {
    Given.given("JvpResult", "value", value);
    Given.given("JvpResult", "tangent", tangent);
  }
}
