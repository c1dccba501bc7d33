package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Vmap;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.Sgd;
import dev.engram.testkit.Close;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Learners of models with several inputs and outputs. */
class StructureTest {
  private static final int T = 6;
  private static final int B = 3;

  /** What is seen, the context, and a class; a name that is part of the structure. */
  record In(Tensor seen, Optional<Tensor> context, List<Tensor> more, String name) {}

  record Out(Tensor value, Map<String, Tensor> heads) {}

  record Target(Tensor value, Tensor label) {}

  /** Two inputs, two heads, and the hidden state beside them. */
  private static final class Net extends Network<In, Out> {
    private final LstmCell cell = new LstmCell(5, 4, RandomKey.of(1), DType.F64);
    private final Linear value = new Linear(4, 1, RandomKey.of(2), DType.F64);
    private final Linear label = new Linear(4, 3, RandomKey.of(3), DType.F64);

    @Override
    public Out update(In x) {
      assertEquals("in", x.name());
      Tensor h = cell.update(Tensor.concat(-1, x.seen(), x.context().orElseThrow()));
      return new Out(value.update(h), Map.of("label", label.update(h.add(x.more().getFirst()))));
    }
  }

  /** The same net over one tensor of all inputs and one of all outputs. */
  private static final class Packed extends Layer {
    private final LstmCell cell = new LstmCell(5, 4, RandomKey.of(1), DType.F64);
    private final Linear value = new Linear(4, 1, RandomKey.of(2), DType.F64);
    private final Linear label = new Linear(4, 3, RandomKey.of(3), DType.F64);

    @Override
    public Tensor update(Tensor x) {
      Tensor h = cell.update(x.slice(-1, 0, 5));
      Tensor out = label.update(h.add(x.slice(-1, 5, 9)));
      return Tensor.concat(-1, value.update(h), out);
    }
  }

  private static final In XS =
      new In(
          Job.normal(1, T, B, 3),
          Optional.of(Job.normal(2, T, B, 2)),
          List.of(Job.normal(3, T, B, 4)),
          "in");
  private static final Target YS =
      new Target(Job.normal(4, T, B, 1), Job.normal(5, T, B).gt(0).cast(DType.I32));

  private static In first() {
    return step(XS, 0);
  }

  private static In step(In xs, int t) {
    return new In(
        xs.seen().get(t),
        xs.context().map(c -> c.get(t)),
        List.of(xs.more().getFirst().get(t)),
        xs.name());
  }

  private static Tensor packed(In x) {
    return Tensor.concat(-1, x.seen(), x.context().orElseThrow(), x.more().getFirst());
  }

  private static Tensor loss(Tensor value, Tensor label, Target y) {
    return Losses.meanSquaredError(value, y.value())
        .add(Losses.softmaxCrossEntropy(label, y.label()).mean());
  }

  private static final Fn2<Out, Target, Tensor> LOSS =
      (o, y) -> loss(o.value(), o.heads().get("label"), y);
  private static final Fn2<Tensor, Target, Tensor> PACKED_LOSS =
      (o, y) -> loss(o.slice(-1, 0, 1), o.slice(-1, 1, 4), y);

  private static Rule rule(String name) {
    return name.equals("window") ? Rule.rtrl().with(new Schedule.Window(4)) : Rule.named(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"d-rtrl", "pp-prop 0.9", "snap 2", "rtrl", "window", "dni"})
  void severalInputsAndOutputsLearnAsOneOfEachDoes(String name) {
    Rule rule = rule(name);
    Learner<In, Out> learner = Learner.compile(new Net(), quiet(rule), first());
    Learner<Tensor, Tensor> packed = Learner.compile(new Packed(), quiet(rule), packed(first()));
    learner.evolve(XS);
    packed.evolve(packed(XS));
    Learner.Sequence<Out> got = learner.grad(XS, YS, LOSS);
    Learner.Sequence<Tensor> want = packed.grad(packed(XS), YS, PACKED_LOSS);
    Job.same(name, got.grads(), want.grads());
    assertEquals(Shape.of(T, B, 3), got.outputs().heads().get("label").shape());
    Close.check("value", got.outputs().value().host(), want.outputs().slice(-1, 0, 1).host());
    assertEquals(learner.traces().keySet(), packed.traces().keySet());
  }

  private static <X, O> dev.engram.Fn1<Network<X, O>, Learner<X, O>> quiet(Rule rule) {
    return m -> new Learner<>(m, rule, RandomKey.of(3), _ -> {});
  }

  @Test
  void fullRtrlOfAStructureIsBackpropagationThroughTime() {
    Learner<In, Out> learner = Learner.compile(new Net(), quiet(Rule.rtrl()), first());
    Grads online = learner.grad(XS, YS, LOSS).grads();
    Net net = new Net();
    States weights = net.states().subset(State.Kind.PARAMETER);
    Engram.vmapNewStates(B, net::initAllStates);
    Vmap<In, Out> mapped = new Vmap<>(net);
    Grads bptt =
        Engram.grad(
                () ->
                    Engram.forLoop((In x, Target y) -> LOSS.apply(mapped.update(x), y), XS, YS)
                        .sum(),
                weights)
            .apply();
    Job.same("bptt", online, bptt);
    Grads diagonal =
        Learner.compile(new Net(), quiet(Rule.dRtrl()), first()).grad(XS, YS, LOSS).grads();
    assertFalse(Job.different(bptt, diagonal).isEmpty());
  }

  /** A model with a method of its own as the step. */
  private static final class Two extends Model {
    private final GruCell cell = new GruCell(3, 4, RandomKey.of(1), DType.F64);

    List<Tensor> both(Tensor x) {
      Tensor h = cell.update(x);
      return List.of(h, h.square());
    }
  }

  @Test
  void aMethodOfAModelCanBeTheStep() {
    Two two = new Two();
    Network<Tensor, List<Tensor>> net = Network.of(two, two::both);
    assertEquals(two.states().paths(), net.states().paths());
    assertEquals("Two(96 parameters)", net.toString().replaceAll("\\d+", "96"));
    DRtrl<Tensor, List<Tensor>> learner =
        Learner.compile(net, m -> new DRtrl<>(m, _ -> {}), XS.seen().get(0));
    Grads got = learner.grad(XS.seen(), o -> o.get(1).sum()).grads();
    Learner<Tensor, Tensor> one =
        Learner.compile(new Two().cell, quiet(Rule.dRtrl()), XS.seen().get(0));
    Grads want = one.grad(XS.seen(), o -> o.square().sum()).grads();
    for (String path : want.paths()) {
      Close.check(path, got.get("cell." + path).host(), want.get(path).host());
    }
    learner.reset();
    assertEquals(2, learner.evolve(XS.seen()).size());
  }

  @Test
  void aTrainerTakesStructures() {
    Learner<In, Out> learner = Learner.compile(new Net(), Rule.named("d-rtrl"), first());
    Sgd sgd = new Sgd(0.02);
    sgd.register(learner.weights());
    OnlineTrainer<In, Out, Target> trainer = new OnlineTrainer<>(learner, sgd, LOSS);
    Fn2<In, Target, Tensor> epoch =
        Engram.jit(
            (xs, ys) -> {
              learner.reset();
              return trainer.perWindow(xs, ys, 2).mean();
            });
    double before = epoch.apply(XS, YS).host().item();
    double after = before;
    for (int i = 0; i < 100; i++) {
      after = epoch.apply(XS, YS).host().item();
    }
    assertTrue(after < 0.7 * before, before + " to " + after);
    assertEquals(
        Shape.of(B, 1),
        trainer
            .step(first(), new Target(YS.value().get(0), YS.label().get(0)))
            .aux()
            .value()
            .shape());
  }

  @Test
  void whatDoesNotFitIsNamed() {
    Learner<In, Out> learner = Learner.compile(new Net(), quiet(Rule.dRtrl()), first());
    In wide = new In(Job.normal(1, B, 4), first().context(), first().more(), "in");
    refused("got (x.seen: f64[4], x.context: f64[2], x.more[0]: f64[4])", () -> learner.call(wide));
    In other = new In(first().seen(), Optional.empty(), first().more(), "in");
    refused("got (x.seen: f64[3], x.more[0]: f64[4])", () -> learner.call(other));
    In few = new In(first().seen(), Optional.of(Job.normal(1, 2, 2)), first().more(), "in");
    refused(
        "x.context has type f64[2,2], expected a batch of 3 examples, as x.seen has",
        () -> Learner.compile(new Net(), quiet(Rule.dRtrl()), few));
    refused(
        "x has no tensor",
        () ->
            Learner.compile(
                Network.of(new Two(), (List<Tensor> x) -> x), quiet(Rule.dRtrl()), List.of()));
  }

  private static void refused(String words, Runnable f) {
    TypeException e = assertThrows(TypeException.class, f::run);
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertTrue(e.getMessage().contains("StructureTest.java:"), e.getMessage());
  }
}
