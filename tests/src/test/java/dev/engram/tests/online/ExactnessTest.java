package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.Omission;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.etrace.TraceFilter;
import dev.engram.ir.Tensor;
import dev.engram.testkit.Bless;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The report's verdicts on gradients, compared with backpropagation through time on random models.
 *
 * <p>{@code -Dengram.tries=5} tests five times as many models, {@code -Dengram.seed=random}
 * different ones.
 */
class ExactnessTest {
  private static final int MODELS = 36;
  private static final double TRIES = Double.parseDouble(System.getProperty("engram.tries", "1"));
  private static final int FIRST =
      "random".equals(System.getProperty("engram.seed"))
          ? (int) (System.nanoTime() >>> 8 & 0xffffff)
          : Integer.getInteger("engram.seed", 0);

  private static final List<Worth> FOUND =
      Stream.concat(
              seeds(1).flatMap(seed -> Worth.ofSeed(seed).stream()),
              seeds(3).flatMap(seed -> Worth.ofTails(seed).stream()))
          .toList();

  private static final List<Worth> FILTERED = Worth.ofFilters();
  private static final List<Worth> OWN = Worth.ofOwnCoordinates();

  /** True for one in {@code n} models. */
  private static Stream<Integer> seeds(int n) {
    return IntStream.range(FIRST, FIRST + (int) Math.max(1, MODELS * TRIES / n)).boxed();
  }

  @Test
  void exactIsNeverWrong() {
    List<Worth> wrong = FOUND.stream().filter(w -> w.isExact() && !w.same()).toList();
    assertEquals(List.of(), wrong);
  }

  /** A filter with κ = 0 is none, in the report and in effect; any other is reported. */
  @Test
  void filtersOfNothingAreExact() {
    List<Worth> none = filtered(0);
    assertEquals(
        none.stream().filter(Worth::isExact).toList(), none.stream().filter(Worth::same).toList());
    assertTrue(none.stream().anyMatch(w -> w.isExact() && w.model().equals("old state alone")));
    List<Worth> some = filtered(0.5);
    assertEquals(List.of(), some.stream().filter(w -> w.isExact() && !w.same()).toList());
    Set<Omission.Kind> said = Set.of(Omission.Kind.FILTER);
    assertTrue(some.stream().anyMatch(w -> w.omissions().equals(said) && !w.same()));
  }

  private static List<Worth> filtered(double kappa) {
    TraceFilter filter = new TraceFilter.Kappa(kappa);
    return FILTERED.stream().filter(w -> w.rule().filter().equals(filter)).toList();
  }

  @Test
  void coordinatesOfOthersAreReported() {
    assertEquals(List.of(), OWN.stream().filter(w -> w.isExact() && !w.same()).toList());
    Set<String> said = new TreeSet<>();
    OWN.stream()
        .filter(w -> w.verdict().weight().equals("layers.0.Wz.weight"))
        .forEach(w -> said.add(w.verdict().toString().replaceFirst(".*: ", "")));
    assertEquals(
        Set.of(
            "approximate, takes a signal, custom, for the loss's own derivative",
            "approximate, takes filtered traces for the traces of the step",
            "approximate, takes outer products, TwoSides, for the traces"),
        said);
  }

  @Test
  void exactIsNotShy() {
    long exact = FOUND.stream().filter(Worth::isExact).count();
    long same = FOUND.stream().filter(Worth::same).count();
    System.out.println(
        FOUND.size() + " gradients, " + same + " as by BPTT, of which exact: " + exact);
    assertTrue(exact >= 0.9 * same, exact + " of " + same);
    // Without those whose influence ends with the step, which are easy.
    long hard = FOUND.stream().filter(w -> w.isExact() && !endsWithStep(w)).count();
    long all = FOUND.stream().filter(w -> w.same() && !endsWithStep(w)).count();
    assertTrue(hard >= 0.9 * all, hard + " of " + all);
  }

  private static boolean endsWithStep(Worth w) {
    return w.verdict() instanceof Exactness.Exact(String _, List<Exactness.Argument> a)
        && a.equals(List.of(Exactness.Argument.ENDS_WITH_STEP));
  }

  /** Approximate gradients that are nevertheless equal are listed in a file, with the verdict. */
  @Test
  void equalButApproximate() throws IOException {
    String found =
        FOUND.stream()
            .filter(w -> w.same() && !w.isExact())
            .map(w -> w + "\n")
            .collect(Collectors.joining());
    if (FIRST != 0 || TRIES != 1) {
      System.out.print(found);
      return;
    }
    Path file =
        Path.of(System.getProperty("engram.root"))
            .resolve("tests/src/test/resources/online/equal-but-approximate.txt");
    Bless.fromSettings().check(file, Files.readString(file), found);
  }

  /** Control: an analysis that missed any one of the omissions would be wrong. */
  @TestFactory
  Stream<DynamicTest> eachOmissionMatters() {
    return Arrays.stream(Omission.Kind.values())
        .map(k -> DynamicTest.dynamicTest(k.name(), () -> assertTrue(matters(k))));
  }

  private static boolean matters(Omission.Kind kind) {
    return Stream.concat(FOUND.stream(), OWN.stream())
        .anyMatch(w -> w.omissions().equals(Set.of(kind)) && !w.same());
  }

  /** Control for the models: each argument occurs where time matters. */
  @Test
  void eachArgumentIsMet() {
    Set<Exactness.Argument> met = EnumSet.noneOf(Exactness.Argument.class);
    for (Worth w : FOUND) {
      if (w.verdict() instanceof Exactness.Exact e) {
        met.addAll(e.arguments());
      }
    }
    met.add(Exactness.Argument.NO_DERIVATIVE); // nothing to compare
    assertEquals(EnumSet.allOf(Exactness.Argument.class), met);
  }

  /** With one step every gradient is that step's own. */
  @Test
  void oneStepIsItsOwnGradient() {
    seeds(3)
        .map(Worth::job)
        .forEach(
            job -> {
              Tensor x = job.xs().slice(0, 0, 1);
              Job one = new Job(job.name(), job.model(), x, job.ys().slice(0, 0, 1));
              Job.same(job.name(), one.online(Rule.dRtrl()), one.bptt());
            });
  }

  // ---- models with names

  private static Set<String> approximate(Report report) {
    return report.gradients().stream()
        .filter(g -> g instanceof Exactness.Approximate)
        .map(Exactness::weight)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @TestFactory
  Stream<DynamicTest> cellsOfDiagonalRecurrenceAreExact() {
    Stream<Job> jobs =
        Stream.of(
                RecurrentJobs.diagonal(),
                SpikingJobs.forward(),
                SiteJobs.all().stream(),
                LayerSiteJobs.all().stream())
            .flatMap(j -> j);
    return jobs.map(
        j ->
            DynamicTest.dynamicTest(
                j.name(),
                () -> {
                  Report report = j.learner(Rule.dRtrl()).report();
                  assertEquals(Set.of(), approximate(report), report::toString);
                }));
  }

  @TestFactory
  Stream<DynamicTest> saturatedSnApIsExactButForIndirectPaths() {
    return Stream.concat(RecurrentJobs.mixing(), SpikingJobs.recurrent())
        .map(
            j ->
                DynamicTest.dynamicTest(
                    j.name(),
                    () -> {
                      Set<String> indirect = new TreeSet<>(RecurrentJobs.indirect(j.name()));
                      indirect.addAll(SpikingJobs.indirect(j.name()));
                      assertEquals(indirect, approximate(j.learner(Rule.snAp(2)).report()));
                      // The control.
                      assertFalse(j.learner(Rule.dRtrl()).report().isExact());
                      assertTrue(j.learner(Rule.rtrl()).report().isExact());
                    }));
  }

  /** Cases that were once silently inexact. */
  @Test
  void stackedLayersSaySo() {
    Job stacked = Stacked.job();
    Grads got = stacked.online(Rule.dRtrl());
    Grads want = stacked.bptt();
    Report report = stacked.learner(Rule.dRtrl()).report();
    Set<String> off = new TreeSet<>(Job.different(got, want));
    assertEquals(
        Set.of("lower.Wz.weight", "lower.Wz.bias", "lower.Wh.weight", "lower.Wh.bias"), off);
    assertEquals(off, approximate(report));
    String said = report.exactnessOf("lower.Wz.weight").orElseThrow().toString();
    assertTrue(
        said.startsWith(
            "lower.Wz.weight: approximate, leaves out the memory of upper.h (Stacked.java:"),
        said);
  }
}
