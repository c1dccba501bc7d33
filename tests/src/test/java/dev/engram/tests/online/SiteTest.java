package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.Grads;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every kind of site under every rule that has to be exact there. */
class SiteTest {
  private static Stream<DynamicTest> each(Consumer<Job> check) {
    return SiteJobs.all().stream()
        .map(j -> DynamicTest.dynamicTest(j.name(), () -> check.accept(j)));
  }

  @TestFactory
  Stream<DynamicTest> dRtrlIsBptt() {
    return each(
        job -> {
          Report report = job.learner(Rule.dRtrl()).report();
          assertEquals(List.of(), report.excluded(), report::toString);
          Job.same("D-RTRL", job.online(Rule.dRtrl()), job.bptt());
        });
  }

  /** The control: without memory every one of them is wrong. */
  @TestFactory
  Stream<DynamicTest> noMemoryIsNotBptt() {
    return each(
        job ->
            assertFalse(
                Job.different(job.online(Rule.dRtrl().with(new Recursion.None())), job.bptt())
                    .isEmpty()));
  }

  @TestFactory
  Stream<DynamicTest> whatCoversTheDiagonalIsBptt() {
    return each(
        job -> {
          Grads want = job.bptt();
          Job.same("coupled", job.online(Rule.ostlRecurrent()), want);
          Job.same("SnAp-2", job.online(Rule.snAp(2)), want);
          Job.same("RTRL", job.online(Rule.rtrl()), want);
          Job.same("kappa 0", job.online(Rule.eProp(0)), want);
        });
  }
}
