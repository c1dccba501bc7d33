package dev.engram.ir.passes;

import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Verifier;
import dev.engram.ir.checks.Given;
import dev.engram.ir.interpret.Interpreter;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

/** Finds the pass that changes what a graph computes. */
public final class Bisect {
  private Bisect() {}

  /**
   * The first pass after which the results are no longer what they were.
   *
   * @param round of the pipeline, from 0
   * @param before the graph that the pass was given
   * @param after the graph that it made
   * @param what which result changed, or how the graph broke
   */
  public record Culprit(int round, Pass pass, Graph before, Graph after, String what) {
    public Culprit {
      Given.given("Culprit", "pass", pass);
      Given.given("Culprit", "before", before);
      Given.given("Culprit", "after", after);
      Given.given("Culprit", "what", what);
    }
  }

  /**
   * Runs the interpreter after each pass of {@code passes}.
   *
   * @param args one tensor for each parameter
   * @param same whether a result, second, may stand for the one expected, first
   * @return empty when every pass keeps the results
   */
  public static Optional<Culprit> first(
      Pipeline passes, Graph g, List<HostTensor> args, BiPredicate<HostTensor, HostTensor> same) {
    Given.given("Bisect.first", "g", g);
    Given.all("Bisect.first", "args", args);
    Given.given("Bisect.first", "same", same);
    Given.given("Bisect.first", "passes", passes);
    List<HostTensor> expected = Interpreter.run(g, args);
    try {
      passes.run(
          g,
          (round, pass, before, after) -> {
            Optional<String> what = difference(after, args, expected, same);
            if (what.isPresent()) {
              throw new Found(new Culprit(round, pass, before, after, what.get()));
            }
          });
      return Optional.empty();
    } catch (Found f) {
      return Optional.of(f.culprit);
    }
  }

  private static Optional<String> difference(
      Graph after,
      List<HostTensor> args,
      List<HostTensor> expected,
      BiPredicate<HostTensor, HostTensor> same) {
    List<HostTensor> got;
    try {
      got = Interpreter.run(Verifier.verify(after), args);
    } catch (EngramException e) {
      return Optional.of(e.getMessage());
    }
    for (int i = 0; i < expected.size(); i++) {
      if (!same.test(expected.get(i), got.get(i))) {
        return Optional.of("result " + i + " is " + got.get(i) + ", expected " + expected.get(i));
      }
    }
    return Optional.empty();
  }

  /** Leaves the pipeline early. */
  private static final class Found extends RuntimeException {
    private final transient Culprit culprit;

    Found(Culprit culprit) {
      super(culprit.what(), null, false, false);
      this.culprit = culprit;
    }
  }
}
