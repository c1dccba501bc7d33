package dev.engram.ir;

import dev.engram.ir.checks.Given;

/**
 * A parameter of a graph.
 *
 * @param path the user's name for it, such as {@code rnn.layers.0.Wz.weight}; empty for plain
 *     inputs
 */
public record Param(Var var, Role role, String path) {
  public Param {
    Given.given("Param", "var", var);
    Given.given("Param", "role", role);
    Given.given("Param", "path", path);
  }

  /** An input without a path. */
  public static Param input(Var v) {
    return new Param(v, Role.INPUT, "");
  }

  /** Returns the type of the variable. */
  public TensorType type() {
    return var.type();
  }
}
