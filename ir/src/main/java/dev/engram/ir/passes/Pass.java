package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import java.util.function.UnaryOperator;

/** A named rewriting of a graph; parameters and results keep their number, order and types. */
public record Pass(String name, UnaryOperator<Graph> run) {
  public Pass {
    Given.given("Pass", "name", name);
    Given.given("Pass", "run", run);
  }
}
