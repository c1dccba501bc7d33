package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.Grads;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.etrace.TraceState;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every kind of site under every rule that has to be exact there. */
class SiteTest {
  private static Stream<DynamicTest> each(Consumer<Job> check) {
    return Stream.concat(SiteJobs.all().stream(), LayerSiteJobs.all().stream())
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

  /** Control: without memory all of them are wrong. */
  @TestFactory
  Stream<DynamicTest> noMemoryIsNotBptt() {
    return each(
        job ->
            assertFalse(
                Job.different(job.online(Rule.dRtrl().with(new Recursion.None())), job.bptt())
                    .isEmpty()));
  }

  @TestFactory
  Stream<DynamicTest> ppPropOfOneStepIsBptt() {
    return each(
        job -> {
          Rule rule = Rule.ppProp(Factorization.InputOutput.decay(0.7));
          Job one = new Job("one", job.model(), job.xs().slice(0, 0, 1), job.ys().slice(0, 0, 1));
          Job.same("one step", one.online(rule), one.bptt());
          assertFalse(Job.different(job.online(rule), job.bptt()).isEmpty());
        });
  }

  /**
   * With constant inputs, pp-prop is D-RTRL with α times the leak, for weights whose trace has an
   * input side.
   */
  @TestFactory
  Stream<DynamicTest> ppPropWithConstantInputsIsALeak() {
    return LayerSiteJobs.all().stream()
        .map(j -> DynamicTest.dynamicTest(j.name(), () -> checkConstantInputs(j)));
  }

  private static void checkConstantInputs(Job job) {
    Job constant = job.withInputs(job.xs().slice(0, 0, 1).broadcastTo(job.xs().shape()));
    Rule pp = Rule.ppProp(Factorization.InputOutput.decay(0.7));
    Rule leak = Rule.dRtrl().with(new Recursion.Leak(0.8 * 0.7));
    Set<String> off = new TreeSet<>(Job.different(constant.online(pp), constant.online(leak)));
    Set<String> noInputSide = new TreeSet<>(job.learner(pp).weights().paths());
    job.learner(pp).onlineStep().traces().stream()
        .filter(t -> t.kind() == TraceState.Kind.INPUT)
        .forEach(t -> noInputSide.removeIf(w -> t.name().contains(w)));
    assertEquals(noInputSide, off);
    assertFalse(Job.different(job.online(pp), job.online(leak)).isEmpty());
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
