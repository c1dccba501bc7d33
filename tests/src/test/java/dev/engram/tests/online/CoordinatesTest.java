package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.Scope;
import dev.engram.etrace.TraceFilter;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every combination of coordinates works for every kind of site, or is refused. */
class CoordinatesTest {
  private static final Set<String> SITES =
      Set.of(
          "dense with bias",
          "grouped",
          "shared over positions, transposed",
          "gain, bias and time constant",
          "masked",
          "low rank",
          "used at two sites",
          "rolled and plain",
          "gates in one product",
          "a choice",
          "lookup");

  private static List<Supplier<Rule>> all() {
    List<Supplier<Rule>> all = new ArrayList<>();
    for (Factorization f :
        List.of(
            new Factorization.PerWeight(),
            new Factorization.InputOutput(0.9, 0.8),
            new Factorization.RandomProjection())) {
      for (Recursion r :
          List.of(new Recursion.Jacobian(), new Recursion.Leak(0.8), new Recursion.None())) {
        for (Scope s :
            List.of(
                new Scope.Diagonal(), new Scope.Coupled(), new Scope.Snap(2), new Scope.Full())) {
          for (LearningSignal g :
              List.of(
                  new LearningSignal.Symmetric(),
                  new LearningSignal.RandomFeedback(),
                  new LearningSignal.Modulatory(),
                  new LearningSignal.Bootstrapped())) {
            for (TraceFilter k : List.of(new TraceFilter.None(), new TraceFilter.Kappa(0.5))) {
              for (Schedule w : List.of(new Schedule.PerStep(), new Schedule.Window(2))) {
                all.add(() -> new Rule(f, r, s, g, k, w));
              }
            }
          }
        }
      }
    }
    return all;
  }

  private static List<Rule> legal() {
    List<Rule> legal = new ArrayList<>();
    for (Supplier<Rule> s : all()) {
      try {
        legal.add(s.get());
      } catch (EtraceException e) {
        // refused: see below
      }
    }
    return legal;
  }

  @Test
  void whatMeansNothingIsRefusedWithTheLegalAlternatives() {
    int refused = 0;
    List<Rule> legal = new ArrayList<>();
    for (Supplier<Rule> s : all()) {
      try {
        legal.add(s.get());
      } catch (EtraceException e) {
        refused++;
        assertTrue(e.getMessage().contains("no such rule: factorization"), e.getMessage());
        assertTrue(e.getMessage().matches("(?s).*choose instead [a-z]+ [a-z].*"), e.getMessage());
      }
    }
    assertEquals(all().size(), refused + legal.size());
    assertEquals(75, legal.size());
  }

  @Test
  void alternativesAreLegalAndNamed() {
    EtraceException e =
        assertThrows(
            EtraceException.class, () -> Rule.snAp(2).with(Factorization.InputOutput.decay(0.9)));
    assertEquals(
        "no such rule: factorization input x output, recursion jacobian, scope snap, signal"
            + " symmetric, filter none, schedule per step: the output side of an input x output"
            + " trace follows each position by itself (HERE); choose instead factorization per"
            + " weight, or scope diagonal, or scope coupled",
        e.getMessage().replaceFirst("CoordinatesTest.java:\\d+", "HERE"));
  }

  @TestFactory
  Stream<DynamicTest> everyLegalRuleWorksForEveryKindOfSite() {
    return SiteJobs.all().stream()
        .filter(j -> SITES.contains(j.name()))
        .flatMap(
            j ->
                legal().stream()
                    .map(r -> DynamicTest.dynamicTest(j + ": " + r, () -> check(j, r))));
  }

  private static void check(Job job, Rule rule) {
    // Many steps: it runs, and gradients are finite and not all zero.
    Job short3 = cut(job, 3);
    Grads some = short3.online(rule);
    boolean nothing = true;
    for (String path : short3.bptt().paths()) {
      double size = some.get(path).abs().max().host().getDouble(0);
      assertTrue(Double.isFinite(size), path);
      nothing &= size == 0;
    }
    assertFalse(nothing);
    // One step: deterministic rules that follow the loss compute its gradient.
    boolean exact =
        (rule.signal() instanceof LearningSignal.Symmetric
                || rule.signal() instanceof LearningSignal.Bootstrapped)
            && !(rule.factorization() instanceof Factorization.RandomProjection
                && rule.schedule() instanceof Schedule.PerStep);
    Job one = cut(job, 1);
    if (exact) {
      Grads want = one.bptt();
      Grads got = one.online(rule);
      Job.same("one step", new Grads(only(got, want)), want);
    }
  }

  private static Map<String, Tensor> only(Grads got, Grads want) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    want.paths().forEach(p -> out.put(p, got.get(p)));
    return out;
  }

  private static Job cut(Job job, int steps) {
    return new Job(
        job.name(), job.model(), job.xs().slice(0, 0, steps), job.ys().slice(0, 0, steps));
  }
}
