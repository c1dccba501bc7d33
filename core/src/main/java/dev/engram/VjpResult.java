package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * A function's value, and its derivative in reverse mode: {@code pullback} takes a cotangent of the
 * value's structure and returns the cotangent of the argument. Cotangents of parts that are not
 * float are ignored, and their results are zero. The pullback runs the function again.
 */
public record VjpResult<A, R>(R value, Fn1<R, A> pullback) {
  public VjpResult {
    Given.given("VjpResult", "value", value);
    Given.given("VjpResult", "pullback", pullback);
  }
}
