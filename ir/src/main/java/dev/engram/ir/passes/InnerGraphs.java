package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Op;
import dev.engram.ir.passes.rewrite.Graphs;
import java.util.function.UnaryOperator;

/** The graphs inside loops, branches and calls, for passes that go into them. */
public final class InnerGraphs {
  private InnerGraphs() {}

  /**
   * {@code op} with {@code f} applied to every graph in it; other ops as they are.
   *
   * @param f keeps the parameters and the types of the results
   */
  public static Op map(Op op, UnaryOperator<Graph> f) {
    Given.given("InnerGraphs.map", "op", op);
    Given.given("InnerGraphs.map", "f", f);
    return Graphs.mapInner(op, f);
  }
}
