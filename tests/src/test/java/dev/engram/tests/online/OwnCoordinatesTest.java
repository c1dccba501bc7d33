package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Factorization.OuterProducts.Product;
import dev.engram.etrace.Factorization.OuterProducts.Site;
import dev.engram.etrace.Factorization.OuterProducts.Step;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.Scope;
import dev.engram.etrace.TraceFilter;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.Sequential;
import dev.engram.online.Learner;
import dev.engram.online.ThreeFactor;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Signals, filters and factorizations of others do what the library's own do. */
class OwnCoordinatesTest {
  private static final Job GRU = RecurrentJobs.named("gru");

  static Stream<Job> jobs() {
    return Stream.of(
            Stream.of("gru", "lstm", "two layers", "minGRU", "lru").map(RecurrentJobs::named),
            spiking(SpikingJobs.forward()),
            spiking(SpikingJobs.recurrent()),
            SiteJobs.all().stream()
                .filter(
                    j ->
                        List.of(
                                "shared over positions, transposed",
                                "gain, bias and time constant",
                                "gates in one product",
                                "used at two sites",
                                "lookup")
                            .contains(j.name())))
        .flatMap(s -> s);
  }

  private static Stream<Job> spiking(Stream<Job> all) {
    return all.filter(j -> j.name().contains("LIF, reset by") || j.name().contains("ALIF"));
  }

  private static void sameBits(String what, Grads got, Grads want) {
    Job.same(what, got, want);
    for (String path : want.paths()) {
      HostTensor a = got.get(path).host();
      assertTrue(a.sameBits(want.get(path).host()), what + ": " + path + " differs by rounding");
    }
  }

  @Test
  void thereAreJobsOfEachKind() {
    assertEquals(5 + 3 + 3 + 5, jobs().count(), () -> jobs().toList().toString());
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void theLossesOwnDerivativeIsTheSymmetricSignal(Job job) {
    for (Rule rule :
        List.of(
            Rule.dRtrl(),
            Rule.ostlRecurrent(),
            Rule.snAp(2),
            Rule.rtrl(),
            Rule.uoro(),
            Rule.eProp(0.6),
            Rule.ppProp(Factorization.InputOutput.decay(0.8)))) {
      Grads want = job.online(rule);
      sameBits(rule.words(), job.online(rule.with(new OwnCoordinates.Own())), want);
    }
    LearningSignal.Custom twice = s -> s.derivative().mul(2);
    assertFalse(
        Job.different(job.online(Rule.dRtrl().with(twice)), job.online(Rule.dRtrl())).isEmpty());
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void capturedWeightsAreARandomFeedback(Job job) {
    for (Rule base : List.of(Rule.dRtrl(), Rule.eProp(0.6), Rule.snAp(1))) {
      Rule rule = base.with(new LearningSignal.RandomFeedback());
      Learner<Tensor, Tensor> learner = job.learner(rule);
      List<Tensor> weights = learner.feedback();
      Grads want = learner.grad(job.xs(), job.ys(), Job.LOSS).grads();
      OwnCoordinates.Feedback own = new OwnCoordinates.Feedback(weights);
      sameBits(rule.words(), job.online(base.with(own)), want);
      assertEquals(weights.size(), own.order().size());
      List<Tensor> others = weights.stream().map(w -> w.mul(0.5)).toList();
      Grads control = job.online(base.with(new OwnCoordinates.Feedback(others)));
      assertFalse(Job.different(control, want).isEmpty());
    }
  }

  @Test
  void aLossThatReadsTheStateIsSentToItDirectly() {
    Rule feedback = Rule.dRtrl().with(new LearningSignal.RandomFeedback());
    Learner<Tensor, Tensor> theirs = GRU.learner(feedback);
    Learner<Tensor, Tensor> ours =
        GRU.learner(Rule.dRtrl().with(new OwnCoordinates.Feedback(theirs.feedback())));
    LearningSignal.Custom without = s -> s.derivative().sub(s.direct());
    Learner<Tensor, Tensor> indirect = GRU.learner(Rule.dRtrl().with(without));
    Grads want = reading(theirs);
    sameBits("reads a state", reading(ours), want);
    assertFalse(Job.different(want, theirs.grad(GRU.xs(), GRU.ys(), Job.LOSS).grads()).isEmpty());
    // What does not come by the state itself is what comes without such a loss.
    Grads results = reading(indirect);
    Grads plain = GRU.online(Rule.dRtrl());
    Job.same("indirect", only(results, "layers.0.Wh.weight"), only(plain, "layers.0.Wh.weight"));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void coordinatesWorkInEveryFloatType(DType dtype) {
    Job job =
        new Job(
            dtype.name(),
            () ->
                new Sequential(
                    new GruCell(3, 4, RandomKey.of(1), dtype),
                    new Linear(4, 2, RandomKey.of(2), dtype)),
            GRU.xs().cast(dtype),
            GRU.ys().cast(dtype));
    Rule random = Rule.dRtrl().with(new LearningSignal.RandomFeedback());
    List<Tensor> weights = job.learner(random).feedback();
    Rule feedback = Rule.dRtrl().with(new OwnCoordinates.Feedback(weights));
    sameBits("feedback", job.online(feedback), job.online(random));
    Rule lowPass = Rule.dRtrl().with(new OwnCoordinates.LowPass(0.5));
    sameBits("low pass", job.online(lowPass), job.online(Rule.eProp(0.5)));
    Rule twoSides = Rule.dRtrl().with(new OwnCoordinates.TwoSides(0.5, 0.75));
    Rule library = Rule.ppProp(new Factorization.InputOutput(0.5, 0.75));
    Job.same("two sides", job.online(twoSides), job.online(library));
  }

  /** A model whose results are bools, so that only a state can be in a loss. */
  private static final class Decides extends Layer {
    private final MinGruCell cell = new MinGruCell(3, 4, RandomKey.of(1), DType.F64);

    @Override
    public Tensor update(Tensor x) {
      return cell.update(x).gt(0);
    }
  }

  private static Grads decides(Rule rule) {
    Learner<Tensor, Tensor> learner = Learner.compile(new Decides(), rule, GRU.xs().get(0));
    return learner
        .grad(GRU.xs(), _ -> learner.states().get("cell.h").value().square().sum())
        .grads();
  }

  @Test
  void withoutFloatResultsThereAreNoCotangents() {
    Grads want = decides(Rule.dRtrl());
    LearningSignal.Custom direct = s -> s.direct().add(s.cotangents().sum());
    Job.same("direct", decides(Rule.dRtrl().with(direct)), want);
    assertTrue(want.get("cell.Wz.weight").abs().max().host().item() > 0.01);
  }

  private static Grads only(Grads g, String path) {
    return new Grads(Map.of(path, g.get(path)));
  }

  private static Grads reading(Learner<Tensor, Tensor> learner) {
    learner.reset();
    return learner
        .grad(
            GRU.xs(),
            GRU.ys(),
            (out, y) -> {
              Tensor h = learner.states().get("layers.0.h").value();
              return Job.LOSS.apply(out, y).add(h.square().sum());
            })
        .grads();
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void aLowPassOfOnesOwnIsKappa(Job job) {
    for (Rule rule : List.of(Rule.dRtrl(), Rule.snAp(2), Rule.rtrl())) {
      Grads want = job.online(rule.with(new TraceFilter.Kappa(0.7)));
      Grads got = job.online(rule.with(new OwnCoordinates.LowPass(0.7)));
      sameBits(rule.words(), got, want);
      assertFalse(Job.different(job.online(rule), want).isEmpty());
    }
    // One that keeps nothing may still change what is used.
    Rule plain = Rule.dRtrl();
    sameBits(
        "gain 1",
        job.online(plain.with(new OwnCoordinates.NoMemory(1))),
        job.online(plain.with(new OwnCoordinates.LowPass(0))));
    Job.same("delay 0", job.online(plain.with(new OwnCoordinates.Delayed(0))), job.online(plain));
    assertFalse(
        Job.different(
                job.online(plain.with(new OwnCoordinates.Delayed(2))),
                job.online(plain.with(new OwnCoordinates.Delayed(1))))
            .isEmpty());
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void outerProductsOfOnesOwnAreThoseOfTheLibrary(Job job) {
    for (Rule base :
        List.of(
            Rule.dRtrl(),
            Rule.ostlRecurrent(),
            Rule.dRtrl().with(new Recursion.Leak(0.7)),
            Rule.dRtrl().with(new Schedule.Window(4)))) {
      Rule want = base.with(new Factorization.InputOutput(0.9, 0.8));
      Rule got = base.with(new OwnCoordinates.TwoSides(0.9, 0.8));
      Job.same(base.words(), job.online(got), job.online(want));
    }
    assertFalse(
        Job.different(
                job.online(Rule.dRtrl().with(new OwnCoordinates.TwoSides(0.9, 0.8))),
                job.online(Rule.dRtrl().with(new OwnCoordinates.TwoSides(0.9, 0.5))))
            .isEmpty());
  }

  static Stream<Rule> own() {
    Rule d = Rule.dRtrl();
    return Stream.of(
        d.with((LearningSignal.Custom) s -> s.derivative().sign()),
        d.with(new OwnCoordinates.Delayed(1)),
        Rule.rtrl().with(new OwnCoordinates.Delayed(2)),
        d.with(new OwnCoordinates.TwoSides(0.9, 0.8)),
        d.with(new OwnCoordinates.Own()).with(new OwnCoordinates.LowPass(0.5)));
  }

  @ParameterizedTest
  @MethodSource("own")
  void examplesAddUpToTheBatch(Rule rule) {
    for (String name : List.of("gru", "lstm")) {
      Job job = RecurrentJobs.named(name);
      Grads each = PerExample.grads(job.model().get(), rule, job.xs(), job.ys());
      Job.same(name, each.map(t -> t.sum(0)), job.online(rule));
    }
  }

  @ParameterizedTest
  @MethodSource("own")
  void memoryBeginsAnewWithAnEpisode(Rule rule) {
    Job job = RecurrentJobs.named("lstm");
    int steps = job.xs().dim(0);
    int examples = job.xs().dim(1);
    int[] flags = new int[steps * examples];
    flags[3 * examples + 1] = 1; // the second example, before the fourth step
    Tensor resets = HostTensor.of(flags, steps, examples).ne(0);
    Grads got = job.learner(rule).rollout(job.xs()).resets(resets).grad(job.ys(), Job.LOSS).grads();
    Grads want =
        Stream.of(
                cut(job, 0, 0, steps),
                cut(job, 1, 0, 3),
                cut(job, 1, 3, steps),
                cut(job, 2, 0, steps))
            .map(j -> j.online(rule))
            .reduce(Grads::plus)
            .orElseThrow();
    Job.same("resets", got, want);
    assertFalse(Job.different(got, job.online(rule)).isEmpty());
    // And with the learner.
    Learner<Tensor, Tensor> learner = job.learner(rule);
    learner.evolve(job.xs());
    learner.reset();
    Job.same("reset", learner.grad(job.xs(), job.ys(), Job.LOSS).grads(), job.online(rule));
  }

  private static Job cut(Job job, int example, int from, int to) {
    return new Job(
        "cut",
        job.model(),
        job.xs().slice(0, from, to).slice(1, example, example + 1),
        job.ys().slice(0, from, to).slice(1, example, example + 1));
  }

  @ParameterizedTest
  @MethodSource("own")
  void aMaskLeavesLossesOut(Rule rule) {
    Tensor mask = HostTensor.of(new int[] {0, 1, 1, 0, 0, 1}, Job.STEPS).ne(0);
    Grads got = GRU.learner(rule).rollout(GRU.xs()).mask(mask).grad(GRU.ys(), Job.LOSS).grads();
    Learner<Tensor, Tensor> alone = GRU.learner(rule);
    Grads want = Grads.zeros(alone.weights());
    for (int t = 0; t < Job.STEPS; t++) {
      int at = t;
      Grads g =
          alone
              .grad(GRU.xs().slice(0, at, at + 1), GRU.ys().slice(0, at, at + 1), Job.LOSS)
              .grads();
      want = at == 1 || at == 2 || at == 5 ? want.plus(g) : want;
    }
    Job.same("masked", got, want);
    assertFalse(Job.different(got, GRU.online(rule)).isEmpty());
  }

  @Test
  void memoryAndCostAreExplained() {
    Learner<Tensor, Tensor> filtered =
        GRU.learner(Rule.dRtrl().with(new OwnCoordinates.Delayed(1)));
    String text = filtered.explain();
    assertTrue(text.contains("filter Delayed, schedule"), text);
    assertTrue(text.contains("carries layers.0.Wz.weight.g0.s0.filtered0: f64["), text);
    assertTrue(text.contains("carries layers.0.Wz.weight.g0.s0.filtered1: f64["), text);
    assertEquals(3 * GRU.learner(Rule.dRtrl()).cost().traceBytes(), filtered.cost().traceBytes());
    Learner<Tensor, Tensor> products =
        GRU.learner(Rule.dRtrl().with(new OwnCoordinates.TwoSides(0.9, 0.8)));
    assertTrue(products.explain().contains("carries layers.0.Wz.weight.memory0: i32[]"));
    // A counter for each of four sites, where the library has one for all.
    long theirs =
        GRU.learner(Rule.ppProp(new Factorization.InputOutput(0.9, 0.8))).cost().traceBytes();
    assertEquals(theirs + 3 * 4, products.cost().traceBytes());
    assertTrue(products.cost().gradientOperations() > 0);
  }

  @Test
  void namesAreThoseOfClasses() {
    Rule rule = Rule.dRtrl().with(new OwnCoordinates.Own()).with(new OwnCoordinates.LowPass(0.5));
    assertTrue(rule.words().contains("signal Own, filter LowPass"), rule.words());
    LearningSignal.Custom lambda = s -> s.derivative();
    assertEquals("custom", lambda.name());
    Rule unnamed = Rule.dRtrl().with(lambda);
    assertTrue(unnamed.words().contains("signal custom, filter none"), unnamed.words());
    assertEquals("Rule[" + unnamed.words() + "]", unnamed.toString());
    assertEquals(unnamed, Rule.dRtrl().with(lambda));
    String said =
        GRU.learner(unnamed).report().exactnessOf("layers.0.Wz.weight").orElseThrow().toString();
    assertTrue(said.endsWith("takes a signal, custom, for the loss's own derivative"), said);
    String e =
        assertThrows(
                EtraceException.class,
                () -> new ThreeFactor<>(GRU.model().get(), unnamed, RandomKey.of(1), _ -> {}))
            .getMessage();
    assertTrue(e.contains("the signal of the rule is custom, expected modulatory"), e);
  }

  @Test
  void combinationsWithoutAMeaningAreRefused() {
    Rule signal = Rule.dRtrl().with(new OwnCoordinates.Own());
    refused(
        () -> signal.with(new Schedule.Window(2)),
        "within a window",
        "signal symmetric, or schedule per step");
    Rule filter = Rule.dRtrl().with(new OwnCoordinates.LowPass(0.5));
    refused(
        () -> filter.with(new Schedule.Window(2)),
        "filter LowPass, schedule window: a window reads the traces at its start alone",
        "filter none, or schedule per step");
    refused(
        () -> filter.with(new Factorization.InputOutput(0.5, 0.5)),
        "a filtered sum of outer products",
        "factorization per weight, or filter none");
    refused(
        () -> Rule.dni().with(new OwnCoordinates.LowPass(0.5)),
        "a bootstrapped signal",
        "signal symmetric, or signal random feedback, or signal modulatory, or filter none");
    Rule products = Rule.dRtrl().with(new OwnCoordinates.TwoSides(0.5, 0.5));
    refused(
        () -> products.with(new Scope.Full()),
        "outer products of one's own follow each position by itself",
        "factorization per weight, or factorization random projection, or scope diagonal, or"
            + " scope coupled");
    refused(
        () -> products.with(new Recursion.None()),
        "outer products of one's own are recursions",
        "factorization per weight, or factorization random projection, or recursion jacobian, or"
            + " recursion leak");
    refused(
        () -> products.with(new TraceFilter.Kappa(0.5)),
        "a filtered sum of outer products",
        "factorization per weight, or filter none");
    assertThrows(EtraceException.class, () -> GRU.learner(signal).rollout(GRU.xs()).window(2));
  }

  private static void refused(Runnable rule, String why, String instead) {
    String e = assertThrows(EtraceException.class, rule::run).getMessage();
    assertTrue(e.contains(why), e);
    assertTrue(e.endsWith("choose instead " + instead), e);
  }

  // ---- errors

  private static String error(Rule rule) {
    String e = assertThrows(EngramException.class, () -> GRU.learner(rule)).getMessage();
    assertTrue(!e.contains("0x") && !e.contains("$$"), e);
    return e;
  }

  private record Short() implements LearningSignal.Custom {
    @Override
    public Tensor signal(LearningSignal.Sources s) {
      return s.derivative().slice(0, 0, 2);
    }
  }

  @Test
  void signalsOfAnotherTypeAreRefused() {
    String e = error(Rule.dRtrl().with(new Short()));
    assertTrue(
        e.matches(
            "Short\\.signal: got f64\\[2] for the state layers\\.0\\.h, expected f64\\[4]"
                + " \\(Job\\.java:\\d+\\); return a tensor of that type"),
        e);
    String lambda = error(Rule.dRtrl().with((LearningSignal.Custom) s -> s.value().eq(0)));
    assertTrue(
        lambda.startsWith(
            "signal of a class without a name in OwnCoordinatesTest: got bool[4] for the state"),
        lambda);
    String none = error(Rule.dRtrl().with((LearningSignal.Custom) _ -> null));
    assertTrue(none.contains("OwnCoordinatesTest for the state layers.0.h"), none);
    // One number for all is a type of its own.
    String one = error(Rule.dRtrl().with((LearningSignal.Custom) s -> s.derivative().sum()));
    assertTrue(one.contains("got f64[] for"), one);
  }

  private record Filter(int memories, List<Integer> kept, int used)
      implements TraceFilter.WithMemory {
    @Override
    public List<Tensor> update(Tensor trace, List<Tensor> memory) {
      return kept.stream().map(n -> trace.slice(0, 0, n)).toList();
    }

    @Override
    public Tensor used(Tensor trace, List<Tensor> memory) {
      return trace.slice(0, 0, used);
    }
  }

  @Test
  void filtersOfAnotherTypeAreRefused() {
    String count = error(Rule.dRtrl().with(new Filter(-1, List.of(), 3)));
    assertTrue(count.startsWith("Filter.memories: got -1, expected at least 0 ("), count);
    String few = error(Rule.dRtrl().with(new Filter(1, List.of(), 3)));
    assertTrue(
        few.startsWith(
            "Filter.update: got 0 tensors for the trace layers.0.Wz.weight.g0.s0, expected 1 ("),
        few);
    String kept = error(Rule.dRtrl().with(new Filter(1, List.of(1), 3)));
    assertTrue(
        kept.startsWith("Filter.update: got f64[1,4] as number 0 for the trace layers.0.Wz"), kept);
    String used = error(Rule.dRtrl().with(new Filter(0, List.of(), 1)));
    assertTrue(used.startsWith("Filter.used: got f64[1,4] for the trace layers.0.Wz"), used);
  }

  /** Each of its methods can be wrong. */
  private record Products(int memory, boolean input, int outputs, boolean carries)
      implements Factorization.OuterProducts {
    @Override
    public List<TensorType> memory(Site site) {
      return List.of(site.output());
    }

    @Override
    public List<Tensor> update(Step step, List<Tensor> memory) {
      if (carries) {
        return step.carried(List.of());
      }
      return memory.subList(0, this.memory);
    }

    @Override
    public List<Product> products(Site site, List<Tensor> memory) {
      Optional<Tensor> x = input ? Optional.of(memory.getFirst()) : Optional.empty();
      return List.of(new Product(x, Collections.nCopies(outputs, memory.getFirst())));
    }
  }

  @Test
  void productsOfAnotherTypeAreRefused() {
    String memory = error(Rule.dRtrl().with(new Products(0, true, 1, false)));
    assertTrue(
        memory.startsWith(
            "Products.update: got 0 tensors for the site layers.0.Wz.weight, expected 1 ("),
        memory);
    String carried = error(Rule.dRtrl().with(new Products(1, true, 1, true)));
    assertTrue(
        carried.startsWith(
            "Products.update: got 0 tensors given to carried for the site layers.0.Wz.weight,"
                + " expected 1 ("),
        carried);
    String input = error(Rule.dRtrl().with(new Products(1, true, 1, false)));
    assertTrue(
        input.startsWith(
            "Products.products: got f64[4] as input factor for the site layers.0.Wz.weight,"
                + " expected f64["),
        input);
    String none = error(Rule.dRtrl().with(new Products(1, false, 1, false)));
    assertTrue(none.startsWith("Products.products: got none as input factor"), none);
  }

  @Test
  void argumentsAreThere() {
    assertThrows(TypeException.class, () -> new Product(Optional.empty(), null));
    assertThrows(TypeException.class, () -> new Step(null, Optional.empty(), List.of(), e -> e));
    assertThrows(TypeException.class, () -> new Site("w", Optional.empty(), GRU.xs().type(), null));
    assertThrows(
        TypeException.class, () -> new LearningSignal.Sources("h", GRU.xs(), null, null, null));
  }
}
