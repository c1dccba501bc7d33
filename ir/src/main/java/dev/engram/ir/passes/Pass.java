package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.rewrite.RewriteRule;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
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

  /**
   * A rule by which a pass rewrites.
   *
   * @param name by which it is counted and shown
   * @param says what it does, as an equation where it is one
   */
  public record Rule(String name, String says) {
    public Rule {
      Given.given("Pass.Rule", "name", name);
      Given.given("Pass.Rule", "says", says);
    }
  }

  private record ByRules(
      Supplier<List<RewriteRule>> rules, BiFunction<Graph, RuleListener, Graph> f)
      implements OfTheLibrary {
    @Override
    public Graph apply(Graph g) {
      return f.apply(g, RuleListener.NONE);
    }
  }

  private record Transformation(UnaryOperator<Graph> f) implements UnaryOperator<Graph> {
    @Override
    public Graph apply(Graph g) {
      return f.apply(g);
    }
  }

  static Pass ofTheLibrary(String name, OfTheLibrary run) {
    return new Pass(name, run);
  }

  static Pass ofRules(
      String name, Supplier<List<RewriteRule>> rules, BiFunction<Graph, RuleListener, Graph> run) {
    return new Pass(name, new ByRules(rules, run));
  }

  /** The rules of a pass that has some; none for others. */
  public List<Rule> rules() {
    return run instanceof ByRules r
        ? r.rules.get().stream().map(x -> new Rule(x.name(), x.says())).toList()
        : List.of();
  }

  Graph apply(Graph g, RuleListener listener) {
    return run instanceof ByRules r ? r.f.apply(g, listener) : run.apply(g);
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
