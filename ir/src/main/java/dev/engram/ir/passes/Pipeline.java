package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.simplify.Simplify;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes, run top to bottom, again and again until a round changes nothing.
 *
 * @param rounds the most rounds that are run
 */
public record Pipeline(List<Pass> passes, int rounds) {

  private static final Pipeline STANDARD =
      new Pipeline(
          List.of(
              new Pass("inline", Inline::run),
              new Pass("dropMarkers", DropMarkers::run),
              new Pass("fold", ConstantFold::run),
              new Pass("simplify", Simplify::run),
              new Pass("contract", MergeSumIntoDot::run),
              new Pass("hoist", LoopInvariantCodeMotion::run),
              new Pass("cse", Cse::run),
              new Pass("dce", Dce::run)),
          6);

  public Pipeline {
    Given.all("Pipeline", "passes", passes);
    passes = List.copyOf(passes);
  }

  /** This and one more pass, after the others. */
  public Pipeline with(Pass pass) {
    Given.given("Pipeline.with", "pass", pass);
    List<Pass> more = new ArrayList<>(passes);
    more.add(pass);
    return new Pipeline(more, rounds);
  }

  /** Called after each pass, for dumping, verifying and bisecting. */
  @FunctionalInterface
  public interface Hook {
    void after(int round, Pass pass, Graph before, Graph after);
  }

  /** For finished programs: calls and markers, which only derivatives need, are gone afterwards. */
  public static Pipeline standard() {
    return STANDARD;
  }

  /** Before differentiation: keeps markers, and calls with rules of their own. */
  public static Pipeline keepingRules() {
    return new Pipeline(
        List.of(
            new Pass("fold", ConstantFold::run),
            new Pass("simplify", Simplify::run),
            new Pass("cse", Cse::run),
            new Pass("dce", Dce::run)),
        6);
  }

  public Graph run(Graph g) {
    return run(g, (round, pass, before, after) -> {});
  }

  public Graph run(Graph g, Hook hook) {
    Given.given("Pipeline.run", "hook", hook);
    GraphKey key = GraphKey.of(g);
    for (int round = 0; round < rounds; round++) {
      for (Pass pass : passes) {
        Graph before = g;
        g = pass.run().apply(before);
        hook.after(round, pass, before, g);
      }
      GraphKey now = GraphKey.of(g);
      if (now.equals(key)) {
        return g;
      }
      key = now;
    }
    return g;
  }
}
