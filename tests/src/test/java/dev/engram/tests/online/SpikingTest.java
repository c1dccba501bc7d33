package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Relation;
import dev.engram.etrace.Rule;
import dev.engram.ir.Tensor;
import dev.engram.online.Learner;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The theoretical properties of each rule on spiking networks that do spike. */
class SpikingTest {
  private static Stream<DynamicTest> each(Stream<Job> jobs, Consumer<Job> check) {
    return jobs.map(j -> DynamicTest.dynamicTest(j.name(), () -> check.accept(j)));
  }

  /** Returns the gradients of a run in which neurons spike, but not in every step. */
  private static Grads spiking(Job job, Rule rule) {
    Learner.Sequence<Tensor> run = job.learner(rule).grad(job.xs(), job.ys(), Job.LOSS);
    double spikes = run.outputs().sum().host().getDouble(0);
    long most = run.outputs().type().size();
    assertTrue(spikes >= 4 && spikes <= most - 4, spikes + " spikes of " + most);
    Set<Double> values = new HashSet<>();
    for (double v : run.outputs().host().toDoubles()) {
      values.add(v);
    }
    assertEquals(Set.of(0.0, 1.0), values);
    return run.grads();
  }

  @TestFactory
  Stream<DynamicTest> rtrlIsBptt() {
    return each(
        Stream.concat(SpikingJobs.forward(), SpikingJobs.recurrent()),
        job -> Job.same("RTRL", spiking(job, Rule.rtrl()), job.bptt()));
  }

  @TestFactory
  Stream<DynamicTest> dRtrlIsBpttWhereNeuronsSeeTheInputAlone() {
    return each(
        SpikingJobs.forward(),
        job -> {
          Grads want = job.bptt();
          Job.same("D-RTRL", spiking(job, Rule.dRtrl()), want);
          Job.same("kappa 0", job.online(Rule.eProp(0)), want);
          assertEquals(List.of(), job.learner(Rule.dRtrl()).report().excluded());
          // Controls: without memory, and filtered.
          Rule none = Rule.dRtrl().with(new Recursion.None());
          assertFalse(Job.different(job.online(none), want).isEmpty());
          assertFalse(Job.different(job.online(Rule.eProp(0.5)), want).isEmpty());
        });
  }

  @TestFactory
  Stream<DynamicTest> saturatedSnApIsBpttWhereNeuronsSeeEachOther() {
    return each(
        SpikingJobs.recurrent(),
        job -> {
          Grads want = job.bptt();
          Grads got = spiking(job, Rule.snAp(2));
          Set<String> indirect = partial(job);
          assertEquals(SpikingJobs.indirect(job.name()), indirect);
          assertEquals(indirect, new TreeSet<>(Job.different(got, want)));
          // Controls: single positions, and no path through the weights.
          assertFalse(Job.different(job.online(Rule.snAp(1)), want).isEmpty());
          assertFalse(Job.different(job.online(Rule.dRtrl()), want).isEmpty());
          Job.same("kappa 0", job.online(Rule.eProp(0)), job.online(Rule.dRtrl()));
        });
  }

  /** Weights with a second path, which the report says has no trace. */
  private static Set<String> partial(Job job) {
    Set<String> found = new TreeSet<>();
    job.learner(Rule.snAp(2)).report().relations().stream()
        .filter(Relation::partial)
        .forEach(r -> found.addAll(r.weights()));
    return found;
  }

  /**
   * The output of a delay without traces is data: online rules are exact except for the derivative
   * through it.
   */
  @Test
  void delayedSpikesAreNewData() {
    Job late = SpikingJobs.late(false);
    Grads cut = SpikingJobs.late(true).bptt();
    Job.same("RTRL", spiking(late, Rule.rtrl()), cut);
    Job.same("D-RTRL", spiking(late, Rule.dRtrl()), cut);
    assertFalse(Job.different(cut, late.bptt()).isEmpty());
  }
}
