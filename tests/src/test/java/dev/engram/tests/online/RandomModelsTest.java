package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Rules on random models, with real-time recurrent learning as the reference. */
class RandomModelsTest {
  private static final int MODELS = 12;

  private static Stream<RandomModels> models(boolean mixing) {
    return IntStream.range(0, MODELS)
        .boxed()
        .flatMap(
            i -> Stream.of(new RandomModels(i, mixing, false), new RandomModels(i, mixing, true)));
  }

  @TestFactory
  Stream<DynamicTest> diagonalRecurrence() {
    return models(false).map(m -> DynamicTest.dynamicTest(m.job().name(), () -> diagonal(m.job())));
  }

  private static void diagonal(Job job) {
    Grads want = job.online(Rule.rtrl());
    Job.same("RTRL", want, job.bptt());
    Report report = job.learner(Rule.dRtrl()).report();
    assertTrue(report.isComplete(), report::toString);
    assertTrue(
        report.warnings().stream()
            .noneMatch(d -> d.kind() == Diagnostic.Kind.RECURRENCE_NOT_ELEMENTWISE),
        report.diagnostics()::toString);
    for (Rule rule :
        List.of(
            Rule.dRtrl(),
            Rule.ostlRecurrent(),
            Rule.snAp(2),
            Rule.eProp(0),
            Rule.dRtrl().with(new Schedule.Window(1)),
            Rule.dRtrl().with(new Schedule.Window(4)))) {
      Job.same(rule.words(), job.online(rule), want);
    }
  }

  @TestFactory
  Stream<DynamicTest> mixingRecurrence() {
    return models(true).map(m -> DynamicTest.dynamicTest(m.job().name(), () -> mixing(m.job())));
  }

  private static void mixing(Job job) {
    Grads want = job.bptt();
    Job.same("RTRL", job.online(Rule.rtrl()), want);
    Job.same("RTRL, windows", job.online(Rule.rtrl().with(new Schedule.Window(4))), want);
    Job one = new Job("one", job.model(), job.xs().slice(0, 0, 1), job.ys().slice(0, 0, 1));
    Grads first = one.bptt();
    for (Rule rule :
        List.of(
            Rule.dRtrl(),
            Rule.ostlRecurrent(),
            Rule.snAp(2),
            Rule.eProp(0.5),
            Rule.ppProp(Factorization.InputOutput.decay(0.7)))) {
      Job.same("one step of " + rule.words(), one.online(rule), first);
      Job.same(
          "examples of " + rule.words(),
          PerExample.grads(job.model().get(), rule, job.xs(), job.ys()).map(t -> t.sum(0)),
          job.online(rule));
    }
  }

  /** Control: the generator does make models for which the diagonal is not enough. */
  @Test
  void mixingMattersForMostModels() {
    List<String> differ = new ArrayList<>();
    models(true)
        .filter(m -> !m.control())
        .map(RandomModels::job)
        .filter(j -> !Job.different(j.online(Rule.dRtrl()), j.bptt()).isEmpty())
        .forEach(j -> differ.add(j.name()));
    assertTrue(differ.size() > MODELS / 3, differ::toString);
  }
}
