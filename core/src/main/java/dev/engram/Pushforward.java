package dev.engram;

import dev.engram.ir.checks.Given;

/** A function's value, and its derivative along a tangent; zeros for parts that are not float. */
public record Pushforward<R>(R value, R tangent) {
  public Pushforward {
    Given.given("Pushforward", "value", value);
    Given.given("Pushforward", "tangent", tangent);
  }
}
