package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * A function's value, and its derivative there run backward: {@code pullback} takes a cotangent of
 * the value's structure and gives the cotangent of the argument. Parts that are not float take any
 * value and give zeros. It runs the function again.
 */
public record VjpResult<A, R>(R value, Fn1<R, A> pullback) {
  public VjpResult {
    Given.given("VjpResult", "value", value);
    Given.given("VjpResult", "pullback", pullback);
  }
}
