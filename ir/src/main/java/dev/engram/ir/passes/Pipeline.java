package dev.engram.ir.passes;

import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.DidYouMean;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.rewrite.Graphs;
import dev.engram.ir.passes.simplify.Simplify;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes, run top to bottom, again and again until a round changes nothing.
 *
 * @param rounds the most rounds that are run
 */
public record Pipeline(List<Pass> passes, int rounds) {

  private static final Pass FOLD =
      Pass.ofRules("fold", () -> ConstantFold.RULES, ConstantFold::run);
  private static final Pass SIMPLIFY = Pass.ofRules("simplify", Simplify::rules, Simplify::run);
  private static final Pass CONTRACT =
      Pass.ofRules("contract", () -> MergeSumIntoDot.RULES, MergeSumIntoDot::run);

  private static final Pipeline STANDARD =
      new Pipeline(
          List.of(
              Pass.ofTheLibrary("inline", Inline::run),
              Pass.ofTheLibrary("dropMarkers", DropMarkers::run),
              FOLD,
              SIMPLIFY,
              CONTRACT,
              Pass.ofTheLibrary("hoist", LoopInvariantCodeMotion::run),
              Pass.ofTheLibrary("sums", MoveSumsOutOfScans::run),
              Pass.ofTheLibrary("cse", Cse::run),
              Pass.ofTheLibrary("dce", Dce::run),
              Pass.ofTheLibrary("narrow", NarrowDots::run),
              Pass.ofTheLibrary("windows", TraceWindows::run)),
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

  /**
   * This without every pass of this name, such as {@code windows}.
   *
   * @throws EngramException when there is none; the message names those that there are
   */
  public Pipeline without(String name) {
    Given.given("Pipeline.without", "name", name);
    List<Pass> fewer = passes.stream().filter(p -> !p.name().equals(name)).toList();
    if (fewer.size() == passes.size()) {
      throw new EngramException(
          "Pipeline.without: there is no pass '%s', expected one of %s (%s)%s"
              .formatted(name, names(), SourceLocation.here(), DidYouMean.hint(name, names())));
    }
    return new Pipeline(fewer, rounds);
  }

  private List<String> names() {
    return passes.stream().map(Pass::name).distinct().toList();
  }

  /** Called after each pass, for dumping, verifying ({@link PassVerifier}) and bisecting. */
  @FunctionalInterface
  public interface Hook {
    /**
     * Called after a pass.
     *
     * @param round from 0
     * @param before what the pass got
     * @param after what it gave; the same graph where it changed nothing
     */
    void after(int round, Pass pass, Graph before, Graph after);

    /**
     * Called before each pass: who hears which of its rules fires, for passes that have rules.
     *
     * @param round from 0
     */
    default RuleListener rules(int round, Pass pass) {
      Given.given("Hook.rules", "pass", pass);
      return RuleListener.NONE;
    }
  }

  /** For finished programs: calls and markers, which only derivatives need, are gone afterwards. */
  public static Pipeline standard() {
    return STANDARD;
  }

  /** Before differentiation: keeps markers, and calls with rules of their own. */
  public static Pipeline keepingRules() {
    return new Pipeline(
        List.of(
            FOLD, SIMPLIFY, Pass.ofTheLibrary("cse", Cse::run), Pass.ofTheLibrary("dce", Dce::run)),
        6);
  }

  /** Runs the passes in order, in rounds. */
  public Graph run(Graph g) {
    return run(g, (round, pass, before, after) -> {});
  }

  /**
   * The graph after the passes.
   *
   * @param hook called after each pass, before the graph that it made is verified
   * @throws dev.engram.ir.GraphException when a pass from outside has broken the graph; when any
   *     has, with {@code engram.verify} set
   */
  public Graph run(Graph g, Hook hook) {
    Given.given("Pipeline.run", "hook", hook);
    return run(Verification.of("what came before the passes", g), Verification.on(), hook);
  }

  /**
   * @param all whether passes of the library are verified, too
   */
  Graph run(Graph g, boolean all, Hook hook) {
    for (int round = 0; round < rounds; round++) {
      Graph start = g;
      boolean moved = false;
      for (Pass pass : passes) {
        Graph before = g;
        g = apply(round, pass, before, hook.rules(round, pass));
        moved |= !Graphs.isSame(g, before) && !isCopy(pass, before, g);
        hook.after(round, pass, before, g);
        if (all || pass.isFromOutside()) {
          PassVerifier.after(round, pass, before, g);
        }
      }
      if (Graphs.isSame(g, start) || !moved) {
        return g;
      }
    }
    return g;
  }

  // A pass of the library gives the graph back as it was when it changes nothing; one from outside
  // may have copied it.
  private static boolean isCopy(Pass pass, Graph before, Graph after) {
    return pass.isFromOutside() && GraphKey.of(before).equals(GraphKey.of(after));
  }

  private static Graph apply(int round, Pass pass, Graph g, RuleListener listener) {
    if (!pass.isFromOutside() || !pass.keepsTypes()) {
      return pass.apply(g, listener);
    }
    try {
      return Given.given("the graph that it gives", pass.run().apply(g));
    } catch (Exception e) { // also one that it need not declare
      throw new GraphException(
          "the pass %s, in round %d, failed on @%s: %s; mend the pass, or leave it out"
              .formatted(
                  pass.name(),
                  round + 1,
                  g.name(),
                  e instanceof EngramException ? e.getMessage() : e.toString()),
          e);
    }
  }
}
