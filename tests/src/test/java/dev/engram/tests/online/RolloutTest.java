package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.WithAux;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.nn.LstmCell;
import dev.engram.online.Learner;
import dev.engram.online.Rollout;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.Sgd;
import dev.engram.testkit.Close;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutTest {
  private static final Job LSTM = RecurrentJobs.named("lstm");
  private static final int T = LSTM.xs().dim(0);
  private static final int B = LSTM.xs().dim(1);

  /** One for each example. */
  private static final Fn2<Tensor, Tensor, Tensor> EACH =
      (out, y) -> out.sub(y).square().sum(-1).mul(0.5);

  private static Tensor bools(int... zerosAndOnes) {
    return HostTensor.of(zerosAndOnes, zerosAndOnes.length).ne(0);
  }

  private static Rollout<Tensor, Tensor> run(Rule rule) {
    return LSTM.learner(rule).rollout(LSTM.xs());
  }

  private static Grads grads(Rollout<Tensor, Tensor> run, Fn2<Tensor, Tensor, Tensor> loss) {
    return run.grad(LSTM.ys(), loss).grads();
  }

  @ParameterizedTest
  @ValueSource(strings = {"d-rtrl", "pp-prop 0.9", "rtrl", "window"})
  void aMaskOfStepsLeavesTheirLossesOut(String name) {
    Rule rule = rule(name);
    Tensor mask = bools(0, 1, 1, 0, 0, 1);
    Learner<Tensor, Tensor> byHand = LSTM.learner(rule);
    Fn2<Tensor, Pair<Tensor, Tensor>, Tensor> weighted =
        (out, y) -> Job.LOSS.apply(out, y.first()).mul(y.second());
    Learner.Sequence<Tensor> want =
        byHand.grad(LSTM.xs(), new Pair<>(LSTM.ys(), mask.cast(DType.F64)), weighted);
    Learner.Sequence<Tensor> got = run(rule).mask(mask).grad(LSTM.ys(), Job.LOSS);
    Job.same(name, got.grads(), want.grads());
    Close.check("losses", got.losses().host(), want.losses().host());
    assertFalse(Job.different(got.grads(), grads(run(rule), Job.LOSS)).isEmpty());
  }

  @Test
  void aMaskOfExamplesLeavesTheirLossesOut() {
    Tensor mask = Job.normal(20, T, B).gt(0);
    Tensor weights = mask.cast(DType.F64);
    Fn2<Tensor, Pair<Tensor, Tensor>, Tensor> weighted =
        (out, y) -> EACH.apply(out, y.first()).mul(y.second()).sum();
    Learner.Sequence<Tensor> want =
        LSTM.learner(Rule.dRtrl()).grad(LSTM.xs(), new Pair<>(LSTM.ys(), weights), weighted);
    Learner.Sequence<Tensor> sum = run(Rule.dRtrl()).mask(mask).sum().grad(LSTM.ys(), EACH);
    Job.same("sum", sum.grads(), want.grads());
    assertEquals(Shape.of(T, B), sum.losses().shape());
    Close.check("loss", sum.loss().host(), want.losses().sum().host());

    double count = weights.sum().host().item();
    assertTrue(count > 0 && count < T * B, "a mask of " + count);
    Learner.Sequence<Tensor> mean = run(Rule.dRtrl()).mean().mask(mask).grad(LSTM.ys(), EACH);
    Job.same("mean", mean.grads(), want.grads().map(g -> g.div(count)));
    Close.check("mean loss", mean.loss().host(), want.losses().sum().div(count).host());
    assertFalse(Job.different(mean.grads(), sum.grads()).isEmpty());

    Learner.Sequence<Tensor> floats = run(Rule.dRtrl()).mask(weights).sum().grad(LSTM.ys(), EACH);
    Job.same("weights", floats.grads(), want.grads());
  }

  @Test
  void aMeanIsThatOfAllLosses() {
    Grads sum = grads(run(Rule.dRtrl()), Job.LOSS);
    Job.same(
        "of examples", grads(run(Rule.dRtrl()).mean(), EACH), sum.map(g -> g.div((double) T * B)));
    Job.same("of steps", grads(run(Rule.dRtrl()).mean(), Job.LOSS), sum.map(g -> g.div(T)));
    Tensor nothing = bools(new int[T]);
    grads(run(Rule.dRtrl()).mean().mask(nothing), EACH)
        .byPath()
        .forEach((path, g) -> assertEquals(0, g.abs().max().host().item(), path));
  }

  @Test
  void whatAMaskLeavesOutMayBeNaN() {
    Tensor ys = Tensor.concat(0, LSTM.ys().slice(0, 0, T - 1), nan());
    Learner.Sequence<Tensor> got =
        run(Rule.dRtrl()).mask(bools(1, 1, 1, 1, 1, 0)).grad(ys, Job.LOSS);
    Job.same("masked", got.grads(), shorter().grads());
  }

  private static Tensor nan() {
    return LSTM.ys().slice(0, 0, 1).like(Double.NaN).broadcastTo(Shape.of(1, B, 2));
  }

  private static Learner.Sequence<Tensor> shorter() {
    return LSTM.learner(Rule.dRtrl())
        .grad(LSTM.xs().slice(0, 0, T - 1), LSTM.ys().slice(0, 0, T - 1), Job.LOSS);
  }

  private static Rule rule(String name) {
    return name.equals("window")
        ? Rule.dRtrl().with(new Schedule.Window(4))
        : name.equals("full window") ? Rule.rtrl().with(new Schedule.Window(4)) : Rule.named(name);
  }

  /** Each example alone, its episodes one after the other with a reset before each. */
  private static Grads episodes(Rule rule, List<List<Integer>> starts) {
    List<Grads> all = new ArrayList<>();
    Tensor modulators = Job.normal(9, T, B);
    for (int b = 0; b < B; b++) {
      Learner<Tensor, Tensor> one =
          Learner.compile(
              LSTM.model().get(),
              m -> new Learner<>(m, rule, RandomKey.of(7), _ -> {}),
              LSTM.xs().get(0).slice(0, 0, 1));
      List<Integer> cuts = new ArrayList<>(starts.get(b));
      cuts.add(T);
      int from = 0;
      for (int to : cuts) {
        if (to > from) {
          one.reset();
          Rollout<Tensor, Tensor> episode =
              one.rollout(LSTM.xs().slice(0, from, to).slice(1, b, b + 1));
          Rollout<Tensor, Tensor> full =
              rule.signal() instanceof LearningSignal.Modulatory
                  ? episode.modulators(modulators.slice(0, from, to).slice(1, b, b + 1))
                  : episode;
          all.add(full.grad(LSTM.ys().slice(0, from, to).slice(1, b, b + 1), Job.LOSS).grads());
        }
        from = to;
      }
    }
    return all.stream().reduce(Grads::plus).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "d-rtrl",
        "pp-prop 0.9",
        "e-prop 0.8",
        "ostl-recurrent",
        "snap 2",
        "three-factor",
        "rtrl",
        "window",
        "full window"
      })
  void examplesBeginAnewWithinASequence(String name) {
    Rule rule = rule(name);
    List<List<Integer>> at = List.of(List.of(2, 3), List.of(), List.of(0, 5));
    int[] flags = new int[T * B];
    for (int b = 0; b < B; b++) {
      for (int t : at.get(b)) {
        flags[t * B + b] = 1;
      }
    }
    Tensor resets = bools(flags).reshape(T, B);
    Grads got = grads(modulated(run(rule), rule).resets(resets), Job.LOSS);
    Job.same(name, got, episodes(rule, at));
    assertFalse(Job.different(got, grads(modulated(run(rule), rule), Job.LOSS)).isEmpty());
    Tensor never = bools(new int[T * B]).reshape(T, B);
    Job.same(
        "no reset",
        grads(modulated(run(rule), rule).resets(never), Job.LOSS),
        grads(modulated(run(rule), rule), Job.LOSS));
  }

  private static Rollout<Tensor, Tensor> modulated(Rollout<Tensor, Tensor> run, Rule rule) {
    return rule.signal() instanceof LearningSignal.Modulatory
        ? run.modulators(Job.normal(9, T, B))
        : run;
  }

  @Test
  void outputsBeginAnewToo() {
    Tensor resets = bools(0, 0, 1, 0, 0, 0).expandDims(1).broadcastTo(Shape.of(T, B));
    Learner<Tensor, Tensor> learner = LSTM.learner(Rule.dRtrl());
    Tensor got = learner.rollout(LSTM.xs()).resets(resets).evolve();
    Tensor second = LSTM.learner(Rule.dRtrl()).evolve(LSTM.xs().slice(0, 2, T));
    Close.check("after", got.slice(0, 2, T).host(), second.host());
    Tensor whole = LSTM.learner(Rule.dRtrl()).evolve(LSTM.xs());
    Close.check("before", got.slice(0, 0, 2).host(), whole.slice(0, 0, 2).host());
    assertTrue(got.sub(whole).abs().max().host().item() > 1e-3);
  }

  @Test
  void aLearnerResetsSomeExamples() {
    Learner<Tensor, Tensor> learner = LSTM.learner(Rule.dRtrl());
    learner.evolve(LSTM.xs());
    Map<String, State> traces = learner.traces();
    State one = traces.values().iterator().next();
    HostTensor before = one.value().host();
    learner.reset(bools(0, 1, 0));
    Close.check("kept", one.value().get(0).host(), before.get(0).host());
    Close.check("kept", one.value().get(2).host(), before.get(2).host());
    assertEquals(0, one.value().get(1).abs().max().host().item());
    assertTrue(before.get(1).abs().max().host().item() > 0);
  }

  @Test
  void gradientsAreOfTheWeightsAskedFor() {
    for (Rule rule : List.of(Rule.dRtrl(), rule("window"))) {
      Learner<Tensor, Tensor> learner = LSTM.learner(rule);
      States some = learner.weights().filter(s -> s.path().endsWith("bias"));
      Grads got = grads(learner.rollout(LSTM.xs()).weights(some), Job.LOSS);
      assertEquals(some.paths(), got.paths());
      assertTrue(some.size() > 1 && some.size() < learner.weights().size());
      Job.same(rule.words(), grads(run(rule), Job.LOSS), got);
    }
  }

  @Test
  void windowsOfARunAreThoseOfItsRule() {
    Job.same(
        "window of 4",
        grads(run(Rule.dRtrl()).window(4), Job.LOSS),
        grads(run(rule("window")), Job.LOSS));
    assertThrows(EtraceException.class, () -> run(Rule.eProp(0.5)).window(2));
  }

  @Test
  void aLossMayCaptureTargetsAndReadStates() {
    Tensor y = LSTM.ys().get(0);
    Tensor same = y.expandDims(0).broadcastTo(LSTM.ys().shape());
    Grads want = LSTM.learner(Rule.dRtrl()).grad(LSTM.xs(), same, Job.LOSS).grads();
    Job.same(
        "captured",
        LSTM.learner(Rule.dRtrl()).grad(LSTM.xs(), o -> Job.LOSS.apply(o, y)).grads(),
        want);

    LstmCell cell = new LstmCell(3, 4, RandomKey.of(1), DType.F64);
    Learner<Tensor, Tensor> learner =
        Learner.compile(
            cell, m -> new Learner<>(m, Rule.rtrl(), RandomKey.of(0), _ -> {}), LSTM.xs().get(0));
    State h = cell.states().get("h");
    Grads read = learner.grad(LSTM.xs(), _ -> h.value().square().sum()).grads();
    learner.reset();
    Grads out = learner.grad(LSTM.xs(), o -> o.square().sum()).grads();
    Job.same("states", read, out);
    assertTrue(out.get(out.paths().getFirst()).abs().max().host().item() > 1e-3);
  }

  @Test
  void auxiliaryResultsStandBesideTheOutputs() {
    Learner.Sequence<Pair<Tensor, Tensor>> got =
        run(Rule.dRtrl())
            .gradWithAux(
                LSTM.ys(), (o, y) -> new WithAux<>(Job.LOSS.apply(o, y), o.sub(y).abs().max()));
    Learner.Sequence<Tensor> want = run(Rule.dRtrl()).grad(LSTM.ys(), Job.LOSS);
    Job.same("gradient", got.grads(), want.grads());
    Close.check("outputs", got.outputs().first().host(), want.outputs().host());
    Close.check(
        "aux", got.outputs().second().host(), want.outputs().sub(LSTM.ys()).abs().max(1, 2).host());
  }

  private static OnlineTrainer<Tensor, Tensor, Tensor> trainer(
      Learner<Tensor, Tensor> learner, Fn2<Tensor, Tensor, Tensor> loss) {
    Sgd sgd = new Sgd(0.05);
    sgd.register(learner.weights());
    return new OnlineTrainer<>(learner, sgd, loss);
  }

  private static Grads weights(Learner<Tensor, Tensor> learner) {
    return new Grads(learner.weights().snapshot());
  }

  @Test
  void aTrainerUpdatesWithinMaskedAndResetSequences() {
    Tensor mask = bools(0, 1, 1, 0, 1, 1);
    Tensor resets = bools(0, 0, 0, 1, 0, 0).expandDims(1).broadcastTo(Shape.of(T, B));
    Learner<Tensor, Tensor> byHand = LSTM.learner(Rule.dRtrl());
    OnlineTrainer<Tensor, Tensor, Tensor> hand = trainer(byHand, Job.LOSS);
    for (int t = 0; t < T; t += 4) {
      int to = Math.min(T, t + 4);
      hand.perSequence(
          byHand
              .rollout(LSTM.xs().slice(0, t, to))
              .mask(mask.slice(0, t, to))
              .resets(resets.slice(0, t, to)),
          LSTM.ys().slice(0, t, to));
    }
    Learner<Tensor, Tensor> learner = LSTM.learner(Rule.dRtrl());
    Tensor losses =
        trainer(learner, Job.LOSS)
            .perWindow(learner.rollout(LSTM.xs()).mask(mask).resets(resets), LSTM.ys(), 4);
    Job.same("weights", weights(learner), weights(byHand));
    assertEquals(Shape.of(T), losses.shape());
    assertEquals(0, losses.get(3).host().item());
    Learner<Tensor, Tensor> plain = LSTM.learner(Rule.dRtrl());
    trainer(plain, Job.LOSS).perWindow(LSTM.xs(), LSTM.ys(), 4);
    assertFalse(Job.different(weights(plain), weights(learner)).isEmpty());
  }

  @Test
  void aStepOfAStreamIsAStepOfASequence() {
    Learner<Tensor, Tensor> whole = LSTM.learner(Rule.dRtrl());
    Tensor losses = trainer(whole, Job.LOSS).perStep(LSTM.xs(), LSTM.ys());
    Learner<Tensor, Tensor> learner = LSTM.learner(Rule.dRtrl());
    OnlineTrainer<Tensor, Tensor, Tensor> trainer = trainer(learner, Job.LOSS);
    for (int t = 0; t < T; t++) {
      WithAux<Tensor> done = trainer.step(LSTM.xs().get(t), LSTM.ys().get(t));
      Close.check("loss " + t, done.value().host(), losses.get(t).host());
    }
    Job.same("weights", weights(learner), weights(whole));
  }

  @Test
  void whatDoesNotFitIsNamed() {
    refused(
        "the mask of a step has type bool[3] and its loss f64[]",
        () -> grads(run(Rule.dRtrl()).mask(bools(new int[T * B]).reshape(T, B)), Job.LOSS));
    refused(
        "the mask has type i32[6,3,3]", () -> run(Rule.dRtrl()).mask(LSTM.xs().cast(DType.I32)));
    refused(
        "mask has type bool[5], expected length 6",
        () -> grads(run(Rule.dRtrl()).mask(bools(1, 1, 1, 1, 1)), Job.LOSS));
    refused(
        "the resets have type bool[6], expected bool[T, B]",
        () -> grads(run(Rule.dRtrl()).resets(bools(1, 1, 1, 1, 1, 1)), Job.LOSS));
    refused("expected a scalar", () -> grads(run(Rule.dRtrl()), EACH));
    refused("the signal of the rule is symmetric", () -> run(Rule.dRtrl()).modulators(LSTM.xs()));
    refused(
        "Wi.weight is not among the learner's weights",
        () -> run(Rule.dRtrl()).weights(LSTM.model().get().states()));
  }

  /** {@code h = w x}, whose gradient of a sum of T steps with x = 1 is T. */
  private static final class Scaled extends Layer {
    private final State w;
    private final State h;

    Scaled(DType dtype) {
      w = parameter(HostTensor.full(TensorType.of(dtype, 1), 1));
      h = hidden(() -> HostTensor.full(TensorType.of(dtype, 1), 0));
    }

    @Override
    public Tensor update(Tensor x) {
      h.set(w.value().mul(x).add(h.value().mul(0)));
      return h.value();
    }
  }

  @Test
  void narrowTypesAreSummedWide() {
    int steps = 3000;
    for (DType dtype : List.of(DType.F16, DType.BF16)) {
      for (int window : new int[] {0, 7}) {
        Tensor xs = HostTensor.full(TensorType.of(dtype, steps, 1, 1), 1);
        Learner<Tensor, Tensor> learner =
            Learner.compile(
                new Scaled(dtype),
                m -> new Learner<>(m, Rule.dRtrl(), RandomKey.of(0), _ -> {}),
                xs.get(0));
        Rollout<Tensor, Tensor> run = learner.rollout(xs).mean();
        Learner.Sequence<Tensor> got =
            (window == 0 ? run : run.window(window)).grad(o -> o.sum().mul(30));
        assertEquals(30, got.loss().host().item(), dtype + " loss");
        assertEquals(30, got.grads().get("w").host().getDouble(0), dtype + " gradient");
        assertEquals(dtype, got.grads().get("w").dtype());
      }
    }
  }

  @Test
  void nothingToRunIsNoNaN() {
    Tensor none = LSTM.xs().slice(0, 0, 0);
    for (String name : List.of("d-rtrl", "window")) {
      Learner.Sequence<Tensor> got =
          LSTM.learner(rule(name))
              .rollout(none)
              .mask(Job.normal(1, T, B).gt(0).slice(0, 0, 0))
              .mean()
              .grad(LSTM.ys().slice(0, 0, 0), EACH);
      assertEquals(0, got.loss().host().item());
      got.grads().byPath().forEach((path, g) -> assertEquals(0, g.abs().max().host().item(), path));
    }
  }

  @Test
  void aFloatMaskHidesNaNToo() {
    Tensor ys = Tensor.concat(0, LSTM.ys().slice(0, 0, T - 1), nan());
    Learner.Sequence<Tensor> got =
        run(Rule.dRtrl()).mask(bools(1, 1, 1, 1, 1, 0).cast(DType.F64)).grad(ys, Job.LOSS);
    Job.same("masked", got.grads(), shorter().grads());
  }

  @Test
  void aStepWithoutItsModulatorIsRefused() {
    Learner<Tensor, Tensor> learner = LSTM.learner(Rule.threeFactor());
    refused(
        "a step has none",
        () -> trainer(learner, Job.LOSS).step(LSTM.xs().get(0), LSTM.ys().get(0)));
  }

  private static void refused(String words, Runnable f) {
    EngramException e = assertThrows(EngramException.class, f::run);
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertTrue(e.getMessage().contains("RolloutTest.java:"), e.getMessage());
    assertTrue(e instanceof TypeException || e instanceof EtraceException, e.toString());
  }
}
