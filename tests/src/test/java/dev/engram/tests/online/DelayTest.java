package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.RnnCell;
import dev.engram.nn.Sequential;
import dev.engram.spiking.Delay;
import dev.engram.spiking.DelayKernel;
import dev.engram.spiking.DelayedLinear;
import dev.engram.spiking.LearnedDelay;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.Surrogate;
import dev.engram.testkit.ModelChecks;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Online learning through delays, and of delays. */
class DelayTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final DType F64 = DType.F64;
  private static final int IN = 3;
  private static final int N = 4;
  private static final int STEPS = 12;
  private static final Fn1<Tensor, Tensor> LOSS = y -> y.square().sum();

  /** Layers of no more than one product of a weight between memory and the delay. */
  private interface Late {
    Layer of(Delay.Traces traces);
  }

  private static Neuron lif() {
    Membrane m = Membrane.of(4).withType(F64).withReset(Membrane.Reset.BY_THRESHOLD);
    return new LifNeuron(N, m.withSurrogate(Surrogate.arctan(1)));
  }

  private static Layer spiking(Layer in) {
    Neuron neuron = lif();
    return new Sequential(in, Layer.of(x -> x.mul(3).add(1)), neuron);
  }

  private static Layer linear() {
    return new Linear(IN, N, KEY, F64, Initializer.normal(1), Optional.of(Initializer.zeros()));
  }

  private static LearnedDelay learned(DelayKernel kernel, Delay.Traces traces) {
    return new LearnedDelay(N, 3, KEY, F64, Initializer.uniform(0, 3), kernel, traces);
  }

  private static DelayedLinear synapses(DelayKernel kernel, Delay.Traces traces) {
    return new DelayedLinear(
        IN,
        N,
        3,
        KEY,
        F64,
        Initializer.normal(1),
        Initializer.uniform(0, 3),
        Optional.of(Initializer.zeros()),
        kernel,
        traces);
  }

  /** Each with memory that feeds back position by position, before the delay or behind it. */
  private static Map<String, Late> diagonal() {
    Map<String, Late> all = new LinkedHashMap<>();
    all.put(
        "minGRU, delay",
        t -> new Sequential(new MinGruCell(IN, N, KEY, F64), new Delay(N, 2, F64, t)));
    all.put(
        "LIF, delays",
        t -> new Sequential(spiking(linear()), new Delay(new int[] {1, 0, 3, 2}, F64, t)));
    all.put(
        "LIF, delays, linear",
        t ->
            new Sequential(
                spiking(linear()),
                new Delay(new int[] {1, 0, 3, 2}, F64, t),
                new Linear(N, 2, KEY, F64)));
    all.put(
        "LIF, delay twice",
        t ->
            new Sequential(
                spiking(linear()),
                new Delay(N, 1, F64, t),
                new Delay(new int[] {1, 0, 2, 2}, F64, t)));
    all.put(
        "LIF, learned delays",
        t -> new Sequential(spiking(linear()), learned(DelayKernel.linear(), t)));
    all.put(
        "minGRU, learned delays, Gaussian",
        t ->
            new Sequential(new MinGruCell(IN, N, KEY, F64), learned(DelayKernel.gaussian(0.7), t)));
    all.put(
        "linear, learned delays, LIF",
        t ->
            new Sequential(
                linear(), learned(DelayKernel.linear(), t), Layer.of(x -> x.mul(3).add(1)), lif()));
    return all;
  }

  private static Job job(String name, Supplier<Layer> model) {
    int out = name.endsWith("linear") ? 2 : N;
    return new Job(
        name, model, Job.normal(1, STEPS, Job.BATCH, IN), Job.normal(2, STEPS, Job.BATCH, out));
  }

  private static Set<String> exact(Report report) {
    return report.gradients().stream()
        .filter(g -> g instanceof Exactness.Exact)
        .map(Exactness::weight)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @TestFactory
  Stream<DynamicTest> everyRuleThatIsExactForDiagonalMemoryIsExactThroughDelays() {
    return diagonal().entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey(),
                    () -> {
                      Late late = e.getValue();
                      Job job = job(e.getKey(), () -> late.of(Delay.Traces.FOLLOWED));
                      var want = job.bptt();
                      Job.same("D-RTRL", job.online(Rule.dRtrl()), want);
                      Job.same("SnAp-1", job.online(Rule.snAp(1)), want);
                      Job.same("RTRL", job.online(Rule.rtrl()), want);
                      Report report = job.learner(Rule.dRtrl()).report();
                      assertTrue(report.isExact(), report::toString);
                      // Control: without traces the weights before the delay learn otherwise.
                      Job cut = job(e.getKey(), () -> late.of(Delay.Traces.NONE));
                      Job.same("the loss", cut.bptt(), want);
                      List<String> off = Job.different(cut.online(Rule.dRtrl()), want);
                      assertFalse(off.isEmpty());
                      assertFalse(Job.different(cut.online(Rule.rtrl()), want).isEmpty());
                      assertTrue(
                          off.stream()
                              .noneMatch(exact(cut.learner(Rule.dRtrl()).report())::contains));
                    }));
  }

  /** Neurons that see each other's spikes some steps late. */
  private static final class Recurrent extends Layer {
    private final Linear in =
        new Linear(IN + N, N, KEY, F64, Initializer.normal(1), Optional.empty());
    private final Neuron neuron = lif();
    private final Layer delay;

    Recurrent(Layer delay) {
      this.delay = delay;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor sent = delay.update(neuron.spikes());
      return neuron.jump(in.update(Tensor.concat(0, x, sent)).add(0.5));
    }
  }

  @Test
  void recurrenceThroughDelaysIsFollowedByWiderRules() {
    Job job = job("recurrent", () -> new Recurrent(new Delay(new int[] {1, 2, 1, 3}, F64)));
    var want = job.bptt();
    Job.same("RTRL", job.online(Rule.rtrl()), want);
    assertTrue(job.learner(Rule.rtrl()).report().isExact());
    Job.same("SnAp-2", job.online(Rule.snAp(2)), want);
    assertTrue(job.learner(Rule.snAp(2)).report().isExact());
    // Controls.
    for (Rule narrow : List.of(Rule.snAp(1), Rule.dRtrl())) {
      assertFalse(Job.different(job.online(narrow), want).isEmpty(), narrow.toString());
      assertFalse(job.learner(narrow).report().isExact());
    }
  }

  @Test
  void learnedDelaysInARecurrenceLearnByRtrl() {
    Job job =
        job("recurrent", () -> new Recurrent(learned(DelayKernel.linear(), Delay.Traces.FOLLOWED)));
    var want = job.bptt();
    assertTrue(want.get("delay.delay").abs().min().host().item() > 1e-6);
    Job.same("RTRL", job.online(Rule.rtrl()), want);
    assertFalse(Job.different(job.online(Rule.dRtrl()), want).isEmpty());
  }

  /** Delays of synapses: weights and delays learn through one site, without a warning. */
  @Test
  void delaysOfSynapsesLearnLikeWeights() {
    for (DelayKernel kernel : List.of(DelayKernel.linear(), DelayKernel.gaussian(0.7))) {
      Job job = job("synapses", () -> spiking(synapses(kernel, Delay.Traces.FOLLOWED)));
      var want = job.bptt();
      assertTrue(want.get("layers.0.delay").abs().max().host().item() > 1e-3);
      Report report = job.learner(Rule.dRtrl()).report();
      assertTrue(report.isExact(), report::toString);
      assertEquals(List.of(), report.excluded());
      assertEquals(
          List.of(),
          report.warnings().stream()
              .filter(d -> d.kind() != Diagnostic.Kind.HIDDEN_GROUP_MERGED)
              .toList());
      for (Rule rule : List.of(Rule.dRtrl(), Rule.snAp(1), Rule.rtrl())) {
        Job.same(rule.toString(), job.online(rule), want);
      }
      // Control: a trace that is not carried on.
      assertFalse(Job.different(job.online(Rule.eProp(0.5)), want).isEmpty());
    }
  }

  /** What a layer behind the synapses remembers is left out, as everywhere. */
  @Test
  void stacksOfDelayedSynapses() {
    Job job =
        job(
            "stack",
            () -> new Sequential(spiking(linear()), new DelayedLinear(N, N, 2, KEY, F64), lif()));
    var want = job.bptt();
    Job.same("RTRL", job.online(Rule.rtrl()), want);
    var got = job.online(Rule.dRtrl());
    Set<String> exact = exact(job.learner(Rule.dRtrl()).report());
    assertEquals(Set.of("layers.1.weight", "layers.1.delay", "layers.1.bias"), exact);
    List<String> off = Job.different(got, want);
    assertFalse(off.isEmpty());
    assertTrue(off.stream().noneMatch(exact::contains), off::toString);
  }

  private static long numbers(Layer model, Rule rule) {
    return job("memory", () -> model).learner(rule).traces().values().stream()
        .mapToLong(s -> s.type().size() / Job.BATCH)
        .sum();
  }

  /** What docs/LEARNING.md says that traces need. */
  @Test
  void memory() {
    long weights = IN * N + N;
    // Of the products: inputs and states behind. Of the bias: its input of 1, and the states.
    Rule pp = Rule.named("pp-prop 0.9");
    Supplier<Layer> behind = () -> new Sequential(spiking(linear()), new Delay(N, 5, F64));
    assertEquals((1 + 6) * weights, numbers(behind.get(), Rule.dRtrl()));
    assertEquals(IN + 7 * N + 1 + 7 * N, numbers(behind.get(), pp));
    Supplier<Layer> synapses = () -> spiking(synapses(DelayKernel.linear(), Delay.Traces.FOLLOWED));
    assertEquals(4 * IN * N + N, numbers(synapses.get(), Rule.dRtrl()));
    assertEquals(4 * IN + N + 1 + N, numbers(synapses.get(), pp));
    // Control.
    assertEquals(weights, numbers(spiking(linear()), Rule.dRtrl()));
  }

  private static Map<String, Supplier<Layer>> smooth() {
    Map<String, Supplier<Layer>> all = new LinkedHashMap<>();
    for (Delay.Traces traces : Delay.Traces.values()) {
      all.put(
          "delay, " + traces,
          () ->
              new Sequential(
                  new MinGruCell(IN, N, KEY, F64), new Delay(new int[] {1, 0, 3, 1}, F64, traces)));
      for (boolean linear : new boolean[] {true, false}) {
        String kernel = linear ? "linear" : "Gaussian";
        Supplier<DelayKernel> make =
            () -> linear ? DelayKernel.linear() : DelayKernel.gaussian(0.7);
        all.put(
            "learned, " + kernel + ", " + traces,
            () -> new Sequential(new MinGruCell(IN, N, KEY, F64), learned(make.get(), traces)));
        all.put(
            "synapses, " + kernel + ", " + traces,
            () ->
                new Sequential(
                    new RnnCell(IN, IN, KEY, F64),
                    synapses(make.get(), traces),
                    new LeakyReadout(N, 2, 3, 1, KEY, F64)));
      }
    }
    return all;
  }

  @TestFactory
  Stream<DynamicTest> derivativesBatchesAndBackends() {
    return smooth().entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey(), () -> check(e.getValue(), e.getKey().endsWith("FOLLOWED"))));
  }

  private static void check(Supplier<Layer> model, boolean followed) throws IOException {
    var checks = new ModelChecks<>(model, Job.normal(3, 7, 2, IN), LOSS);
    if (model.get().states().paths().stream().noneMatch(p -> p.endsWith("sigma"))) {
      checks.gradients(); // that of σ is zero by definition
    }
    checks.batches();
    checks.backends();
    checks.resuming();
    List<String> off = checks.learning(Rule.rtrl());
    assertEquals(followed, off.isEmpty(), off::toString);
    checks.learning(Rule.dRtrl());
    checks.learning(Rule.named("pp-prop 0.9"));
  }
}
