package dev.engram.tests.online;

import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Omission;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.TraceFilter;
import dev.engram.ir.Tensor;
import dev.engram.online.Learner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The report's verdict on a weight's gradient, and whether it is true.
 *
 * @param same true when it is that of backpropagation through time for eight inputs
 */
record Worth(String model, Rule rule, Exactness verdict, boolean same) {
  private static final int STEPS = 5;
  private static final int INPUTS = 8;

  /** Rules under which many gradients are exact, for every model. */
  private static final List<Rule> ALWAYS =
      List.of(Rule.dRtrl(), Rule.ostlRecurrent(), Rule.snAp(2), Rule.rtrl());

  /** Rules for some of the models: with windows, another pattern, or a replaced coordinate. */
  private static final List<Rule> SOMETIMES =
      List.of(
          Rule.snAp(4),
          Rule.dRtrl().with(new Recursion.Leak(0.7)),
          Rule.snAp(1),
          Rule.ppProp(Factorization.InputOutput.decay(0.7)),
          Rule.dRtrl().with(new Schedule.Window(1)),
          Rule.uoro(),
          Rule.snAp(2).with(new Schedule.Window(2)),
          Rule.dRtrl().with(new LearningSignal.RandomFeedback()),
          Rule.eProp(0),
          Rule.threeFactor(),
          Rule.dRtrl().with(new Recursion.None()),
          Rule.eProp(0.5),
          Rule.rtrl().with(new Schedule.Window(2)),
          Rule.dni());

  static Job job(long seed) {
    return new Job(
        "seed " + seed + ": " + new MemoryModels(seed).words(),
        () -> new MemoryModels(seed),
        Job.normal(seed * 2 + 1, STEPS, INPUTS, MemoryModels.IN),
        Job.normal(seed * 2 + 2, STEPS, INPUTS, MemoryModels.OUT));
  }

  /** Of all weights of a random model. */
  static List<Worth> ofSeed(int seed) {
    Job job = job(seed);
    List<Rule> rules = new ArrayList<>(ALWAYS);
    for (int i = 0; i < 2; i++) {
      rules.add(SOMETIMES.get((2 * seed + i) % SOMETIMES.size()));
    }
    return of(job, rules);
  }

  /** Of all weights of a random model with relabelling, factors in a row and control flow. */
  static List<Worth> ofTails(int seed) {
    Job job = new RandomModels(seed, seed % 3 > 0, seed % 2 == 0).job();
    return of(job, List.of(Rule.dRtrl(), Rule.ostlRecurrent(), Rule.snAp(2)));
  }

  /** For each single layer, whose output is the result, under RTRL with filters. */
  static List<Worth> ofFilters() {
    Map<String, MemoryParts.Part> parts = new LinkedHashMap<>(MemoryParts.diagonal());
    parts.putAll(MemoryParts.mixing());
    List<Worth> out = new ArrayList<>();
    parts.forEach(
        (name, part) -> {
          Job job =
              new Job(
                  name + " alone",
                  () -> part.of(MemoryModels.IN, RandomKey.of(3)),
                  Job.normal(1, STEPS, INPUTS, MemoryModels.IN),
                  Job.normal(2, STEPS, INPUTS, MemoryParts.N));
          out.addAll(
              of(
                  job,
                  List.of(
                      Rule.rtrl().with(new TraceFilter.Kappa(0)),
                      Rule.rtrl().with(new TraceFilter.Kappa(0.5)))));
        });
    return out;
  }

  /** For a layer of diagonal recurrence, under rules with a coordinate of others. */
  static List<Worth> ofOwnCoordinates() {
    LearningSignal.Custom twice = s -> s.derivative().mul(2);
    return of(
        RecurrentJobs.named("minGRU"),
        List.of(
            Rule.dRtrl().with(twice),
            Rule.dRtrl().with(new OwnCoordinates.Delayed(1)),
            Rule.dRtrl().with(new OwnCoordinates.TwoSides(0.9, 0.8))));
  }

  private static List<Worth> of(Job job, List<Rule> rules) {
    Grads want = job.bptt();
    List<Worth> out = new ArrayList<>();
    for (Rule rule : rules) {
      Learner<Tensor, Tensor> learner = job.learner(rule);
      Grads got =
          rule.signal() instanceof LearningSignal.Modulatory
              ? job.online(rule)
              : learner.grad(job.xs(), job.ys(), Job.LOSS).grads();
      for (Exactness e : learner.report().gradients()) {
        out.add(new Worth(job.name(), rule, e, same(got, want, e.weight())));
      }
    }
    return out;
  }

  private static boolean same(Grads got, Grads want, String path) {
    double scale = Math.max(1, want.get(path).abs().max().host().getDouble(0));
    return got.get(path).sub(want.get(path)).abs().max().host().getDouble(0) <= 1e-10 * scale;
  }

  boolean isExact() {
    return verdict instanceof Exactness.Exact;
  }

  Set<Omission.Kind> omissions() {
    return switch (verdict) {
      case Exactness.Exact _ -> Set.of();
      case Exactness.Approximate(String _, List<Omission> o) ->
          o.stream().map(Omission::kind).collect(Collectors.toSet());
    };
  }

  @Override
  public String toString() {
    return model + " [" + rule.words() + "]\n    " + verdict;
  }
}
