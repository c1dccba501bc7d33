package dev.engram;

import dev.engram.ir.checks.Given;

/** Two structures side by side. */
public record Pair<A, B>(A first, B second) {
  public Pair {
    Given.given("Pair", "first", first);
    Given.given("Pair", "second", second);
  }
}
