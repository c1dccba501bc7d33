package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import java.util.function.UnaryOperator;

/**
 * A named rewriting of a graph; parameters and results keep their number, order and types.
 *
 * <p>A {@link Pipeline} verifies what a pass made by the constructor gives, always; the library's
 * own are verified where {@link dev.engram.ir.Verification} is on.
 */
public record Pass(String name, UnaryOperator<Graph> run) {
  public Pass {
    Given.given("Pass", "name", name);
    Given.given("Pass", "run", run);
  }

  /** Marks what the library wrote: only this package can make one. */
  @FunctionalInterface
  interface OfTheLibrary extends UnaryOperator<Graph> {}

  private record Transformation(UnaryOperator<Graph> f) implements UnaryOperator<Graph> {
    @Override
    public Graph apply(Graph g) {
      return f.apply(g);
    }
  }

  static Pass ofTheLibrary(String name, OfTheLibrary run) {
    return new Pass(name, run);
  }

  /**
   * A derivative or a batch, which gives a graph of other parameters and results. It is verified
   * like a pass but for their types, so it belongs into a list of the command line and not into a
   * {@link Pipeline} of a compiler.
   */
  public static Pass transformation(String name, UnaryOperator<Graph> run) {
    Given.given("Pass.transformation", "run", run);
    return new Pass(name, new Transformation(run));
  }

  boolean isFromOutside() {
    return !(run instanceof OfTheLibrary);
  }

  boolean keepsTypes() {
    return !(run instanceof Transformation);
  }
}
