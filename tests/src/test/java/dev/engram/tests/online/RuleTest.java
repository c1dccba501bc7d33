package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.nn.LstmCell;
import dev.engram.nn.RnnCell;
import dev.engram.online.Learner;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The theoretical properties of each rule, with controls in which they must not hold. */
class RuleTest {
  private static final Job LEAKY = SiteJobs.all().getFirst();

  @TestFactory
  Stream<DynamicTest> rtrlIsBpttForEveryModel() {
    return RecurrentJobs.all()
        .map(
            j ->
                DynamicTest.dynamicTest(
                    j.name(), () -> Job.same("RTRL", j.online(Rule.rtrl()), j.bptt())));
  }

  @TestFactory
  Stream<DynamicTest> saturatedSnApIsBpttBehindElementwiseTails() {
    return RecurrentJobs.mixing().map(j -> DynamicTest.dynamicTest(j.name(), () -> checkSnAp(j)));
  }

  private static void checkSnAp(Job job) {
    Grads want = job.bptt();
    Set<String> indirect = RecurrentJobs.indirect(job.name());
    Set<String> off = new TreeSet<>(Job.different(job.online(Rule.snAp(2)), want));
    assertEquals(indirect, off);
    // Control: with n=1 the paths between positions are missing.
    Set<String> one = new TreeSet<>(Job.different(job.online(Rule.snAp(1)), want));
    one.removeAll(indirect);
    assertFalse(one.isEmpty());
    // That is the part of the Jacobian from each position to itself.
    Job.same("SnAp-1", job.online(Rule.snAp(1)), job.online(Rule.ostlRecurrent()));
  }

  @TestFactory
  Stream<DynamicTest> dRtrlIsBpttWhereTheRecurrenceIsDiagonal() {
    return RecurrentJobs.diagonal()
        .map(
            j ->
                DynamicTest.dynamicTest(
                    j.name(),
                    () -> {
                      Grads want = j.bptt();
                      Job.same("D-RTRL", j.online(Rule.dRtrl()), want);
                      Job.same("SnAp-1", j.online(Rule.snAp(1)), want);
                      Job.same("SnAp-2", j.online(Rule.snAp(2)), want);
                      Rule none = Rule.dRtrl().with(new Recursion.None());
                      assertFalse(Job.different(j.online(none), want).isEmpty());
                    }));
  }

  /** Control for the previous test. */
  @TestFactory
  Stream<DynamicTest> dRtrlIsNotBpttWherePositionsMix() {
    return RecurrentJobs.mixing()
        .map(
            j ->
                DynamicTest.dynamicTest(
                    j.name(),
                    () -> assertFalse(Job.different(j.online(Rule.dRtrl()), j.bptt()).isEmpty())));
  }

  @TestFactory
  Stream<DynamicTest> kappaZeroIsDRtrl() {
    return RecurrentJobs.all()
        .map(
            j ->
                DynamicTest.dynamicTest(
                    j.name(),
                    () -> {
                      Grads want = j.online(Rule.dRtrl());
                      Job.same("kappa 0", j.online(Rule.eProp(0)), want);
                      assertFalse(Job.different(j.online(Rule.eProp(0.5)), want).isEmpty());
                    }));
  }

  /** With constant inputs and a single leak D, pp-prop is D-RTRL with the leak times α. */
  @Test
  void ppPropWithConstantInputs() {
    Tensor x = Job.normal(5, Job.BATCH, SiteJobs.IN);
    Job constant = LEAKY.withInputs(x.broadcastTo(Job.STEPS, Job.BATCH, SiteJobs.IN));
    double alpha = 0.7;
    Rule pp = Rule.ppProp(Factorization.InputOutput.decay(alpha));
    Rule leak = Rule.dRtrl().with(new Recursion.Leak(0.8 * alpha));
    Job.same("pp-prop", constant.online(pp), constant.online(leak));
    assertFalse(Job.different(LEAKY.online(pp), LEAKY.online(leak)).isEmpty());
  }

  /** So with constant inputs it converges to BPTT as α tends to 1. */
  @Test
  void ppPropTendsToBpttWithConstantInputs() {
    Tensor x = Job.normal(5, Job.BATCH, SiteJobs.IN);
    Job constant = LEAKY.withInputs(x.broadcastTo(Job.STEPS, Job.BATCH, SiteJobs.IN));
    double[] off = new double[3];
    double[] other = new double[3];
    for (int k = 0; k < 3; k++) {
      Rule rule = Rule.ppProp(Factorization.InputOutput.decay(1 - Math.pow(10, -2 - k)));
      off[k] = Job.distance(constant.online(rule), constant.bptt());
      other[k] = Job.distance(LEAKY.online(rule), LEAKY.bptt());
    }
    assertEquals(10, off[0] / off[1], 0.5);
    assertEquals(10, off[1] / off[2], 0.5);
    // Control: with changing inputs it converges to something else.
    assertEquals(1, other[1] / other[2], 0.1);
  }

  @Test
  void ppPropOfOneStepIsBptt() {
    RecurrentJobs.all()
        .forEach(
            j -> {
              Rule rule = Rule.ppProp(Factorization.InputOutput.decay(0.7));
              Job one = new Job("one", j.model(), j.xs().slice(0, 0, 1), j.ys().slice(0, 0, 1));
              Job.same(j.name(), one.online(rule), one.bptt());
              assertFalse(Job.different(j.online(rule), j.bptt()).isEmpty(), j.name());
            });
  }

  @Test
  void decaysOfBothSidesAreTheirOwn() {
    Rule both = Rule.ppProp(Factorization.InputOutput.decay(0.9));
    Rule in = Rule.ppProp(new Factorization.InputOutput(0.5, 0.9));
    Rule out = Rule.ppProp(new Factorization.InputOutput(0.9, 0.5));
    assertFalse(Job.different(LEAKY.online(in), LEAKY.online(both)).isEmpty());
    assertFalse(Job.different(LEAKY.online(out), LEAKY.online(both)).isEmpty());
    assertFalse(Job.different(LEAKY.online(out), LEAKY.online(in)).isEmpty());
    Rule rank = Rule.ppProp(Factorization.InputOutput.rank(19));
    Job.same("rank 19", LEAKY.online(rank), LEAKY.online(both));
  }

  @Test
  void leakOfTheRightSizeIsTheJacobian() {
    Job.same(
        "leak",
        LEAKY.online(Rule.dRtrl().with(new Recursion.Leak(0.8))),
        LEAKY.online(Rule.dRtrl()));
    assertFalse(
        Job.different(
                LEAKY.online(Rule.dRtrl().with(new Recursion.Leak(0.7))),
                LEAKY.online(Rule.dRtrl()))
            .isEmpty());
  }

  /** The mean over 10,000 draws is within its standard error of the truth. */
  @TestFactory
  Stream<DynamicTest> uoroIsUnbiased() {
    Job rnn =
        new Job(
            "rnn",
            () -> new RnnCell(2, 3, RandomKey.of(1), DType.F64),
            Job.normal(1, 4, 1, 2),
            Job.normal(2, 4, 1, 3));
    Job lstm =
        new Job(
            "lstm",
            () -> new LstmCell(2, 2, RandomKey.of(1), DType.F64),
            Job.normal(1, 3, 1, 2),
            Job.normal(2, 3, 1, 2));
    Rule projected = Rule.dRtrl().with(new Factorization.RandomProjection());
    return Stream.of(
        DynamicTest.dynamicTest("full", () -> checkUnbiased(rnn, Rule.uoro(), rnn.bptt())),
        DynamicTest.dynamicTest("LSTM", () -> checkUnbiased(lstm, Rule.uoro(), lstm.bptt())),
        DynamicTest.dynamicTest(
            "diagonal", () -> checkUnbiased(rnn, projected, rnn.online(Rule.dRtrl()))),
        DynamicTest.dynamicTest(
            "control",
            () ->
                assertThrows(
                    AssertionError.class,
                    () -> checkUnbiased(rnn, Rule.uoro(), rnn.online(Rule.dRtrl())))));
  }

  private static void checkUnbiased(Job job, Rule rule, Grads want) {
    int draws = 10_000;
    int steps = job.xs().dim(0);
    Tensor xs = job.xs().broadcastTo(steps, draws, job.xs().dim(2));
    Tensor ys = job.ys().broadcastTo(steps, draws, job.ys().dim(2));
    // One gradient for each draw: copies of the weights, one for each example.
    Grads each = PerExample.grads(job.model().get(), rule, xs, ys);
    int far = 0;
    int all = 0;
    for (String path : want.paths()) {
      Tensor g = each.get(path);
      HostTensor mean = g.mean(0).host();
      HostTensor error = g.sub(g.mean(0)).square().mean(0).div(draws).sqrt().host();
      HostTensor truth = want.get(path).host();
      for (long i = 0; i < truth.type().size(); i++) {
        double z = Math.abs(mean.getDouble(i) - truth.getDouble(i)) / error.getDouble(i);
        assertTrue(error.getDouble(i) > 1e-9, path + " does not vary");
        assertTrue(z < 4.5, path + "[" + i + "] is " + z + " standard errors off");
        far += z > 2 ? 1 : 0;
        all++;
      }
    }
    assertTrue(far <= 3 + all / 5, far + " of " + all + " are more than two standard errors off");
  }

  @Test
  void oneSequenceHasOneGradientHoweverItIsCutIntoWindows() {
    Grads want = LEAKY.bptt();
    for (int k : List.of(1, 2, 4, 6, 7)) {
      Rule windows = Rule.dRtrl().with(new Schedule.Window(k));
      Job.same("windows of " + k, LEAKY.online(windows), want);
      Job.same(
          "SnAp, windows of " + k, LEAKY.online(Rule.snAp(2).with(new Schedule.Window(k))), want);
    }
  }

  @Test
  void windowsOfAnRnnAreEstimatorsOfTheirOwn() {
    Job rnn = RecurrentJobs.named("rnn");
    Grads bptt = rnn.bptt();
    Grads two = rnn.online(Rule.dRtrl().with(new Schedule.Window(2)));
    assertFalse(Job.different(two, rnn.online(Rule.dRtrl())).isEmpty());
    assertFalse(Job.different(two, bptt).isEmpty());
    assertFalse(
        Job.different(two, rnn.online(Rule.dRtrl().with(new Schedule.Window(3)))).isEmpty());
    // A single window is BPTT for any traces, and so does not test them.
    Job.same("one window", rnn.online(Rule.dRtrl().with(new Schedule.Window(6))), bptt);
    // With exact traces every cut is exact.
    Job.same("RTRL", rnn.online(Rule.rtrl().with(new Schedule.Window(4))), bptt);
  }

  @Test
  void aStepOfAWindowedRuleIsAWindowOfOne() {
    Job rnn = RecurrentJobs.named("rnn");
    Rule rule = Rule.dRtrl().with(new Schedule.Window(1));
    Grads want = rnn.online(rule);
    Learner<Tensor, Tensor> learner = rnn.learner(rule);
    Grads sum = Grads.zeros(learner.weights());
    for (int t = 0; t < Job.STEPS; t++) {
      int at = t;
      sum =
          sum.plus(
              Engram.grad(
                      () -> Job.LOSS.apply(learner.call(rnn.xs().get(at)), rnn.ys().get(at)),
                      learner.weights())
                  .apply());
    }
    Job.same("steps", sum, want);
  }

  @Test
  void stepsAddUpToTheSequenceAndExamplesToTheBatch() {
    Job rnn = RecurrentJobs.named("gru");
    for (Rule rule :
        List.of(
            Rule.dRtrl(),
            Rule.ppProp(Factorization.InputOutput.decay(0.8)),
            Rule.eProp(0.4),
            Rule.snAp(2),
            Rule.rtrl())) {
      Grads whole = rnn.online(rule);
      Grads sum = null;
      for (int b = 0; b < Job.BATCH; b++) {
        Job one =
            new Job("one", rnn.model(), rnn.xs().slice(1, b, b + 1), rnn.ys().slice(1, b, b + 1));
        Grads g = one.online(rule);
        sum = sum == null ? g : sum.plus(g);
      }
      Job.same("examples", sum, whole);
      Job.same(
          "PerExample",
          PerExample.grads(rnn.model().get(), rule, rnn.xs(), rnn.ys()).map(t -> t.sum(0)),
          whole);
    }
  }
}
