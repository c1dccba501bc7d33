package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.WithAux;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.online.Dni;
import dev.engram.online.EProp;
import dev.engram.online.Learner;
import dev.engram.online.ThreeFactor;
import dev.engram.testkit.Close;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Learning signals other than the loss's own derivative. */
class SignalTest {
  private static final int OUT = 2;
  private static final int HIDDEN = 5;

  /** A GRU with a readout of another width. */
  private static final class Net extends Layer {
    private final GruCell rnn = new GruCell(3, HIDDEN, RandomKey.of(1), DType.F64);
    private final Linear readout = new Linear(HIDDEN, OUT, RandomKey.of(2), DType.F64);

    @Override
    public Tensor update(Tensor x) {
      return readout.update(rnn.update(x));
    }
  }

  private static final Job JOB = Job.of("net", 3, OUT, Net::new);

  @Test
  void feedbackByTheReadoutsOwnWeightsIsSymmetric() {
    Net random = new Net();
    Learner<Tensor, Tensor> learner =
        Learner.compile(
            random, m -> new EProp<>(m, 0.6, RandomKey.of(5), _ -> {}), JOB.xs().get(0));
    Tensor feedback = learner.feedback().getFirst(); // [OUT, HIDDEN]
    assertEquals(TensorType.of(DType.F64, OUT, HIDDEN), feedback.type());
    Grads drawn = learner.grad(JOB.xs(), JOB.ys(), Job.LOSS).grads();

    Net own = new Net();
    Learner<Tensor, Tensor> symmetric =
        Learner.compile(own, m -> new EProp<>(m, 0.6, _ -> {}), JOB.xs().get(0));
    Grads other = symmetric.grad(JOB.xs(), JOB.ys(), Job.LOSS).grads();
    List<String> traced = List.of("rnn.Wz.weight", "rnn.Wz.bias", "rnn.Wh.weight", "rnn.Wh.bias");
    assertEquals(new TreeSet<>(traced), new TreeSet<>(Job.different(drawn, other)));

    // With the readout's weights equal to the feedback's, the two are one.
    for (Net n : List.of(random, own)) {
      n.states().get("readout.weight").set(feedback.transpose(1, 0));
    }
    learner.reset();
    symmetric.reset();
    Job.same(
        "feedback",
        learner.grad(JOB.xs(), JOB.ys(), Job.LOSS).grads(),
        symmetric.grad(JOB.xs(), JOB.ys(), Job.LOSS).grads());
  }

  @Test
  void aModulatorMeetsTheTraces() {
    ThreeFactor<Tensor, Tensor> learner =
        Learner.compile(new Net(), m -> new ThreeFactor<>(m, _ -> {}), JOB.xs().get(0));
    Tensor modulators = Job.normal(8, Job.STEPS, Job.BATCH);
    Grads got = learner.grad(JOB.xs(), modulators, JOB.ys(), Job.LOSS).grads();
    // M ε, summed from the traces of the same run.
    learner.reset();
    Tensor want = HostTensor.full(TensorType.of(DType.F64, 3 + HIDDEN, HIDDEN), 0);
    for (int t = 0; t < Job.STEPS; t++) {
      learner.call(JOB.xs().get(t), modulators.get(t));
      Tensor e = learner.traces().get("rnn.Wz.weight.g0.s0").value();
      Tensor m = modulators.get(t).reshape(Job.BATCH, 1, 1).broadcastTo(e.shape());
      want = want.add(e.mul(m).sum(0));
    }
    Close.check("Wz", got.get("rnn.Wz.weight").host(), want.host());
    Close.check(
        "readout",
        got.get("readout.weight").host(),
        JOB.online(Rule.dRtrl()).get("readout.weight").host());
  }

  @Test
  void aGradientWithoutItsModulatorIsRefused() {
    ThreeFactor<Tensor, Tensor> learner =
        Learner.compile(new Net(), m -> new ThreeFactor<>(m, _ -> {}), JOB.xs().get(0));
    EtraceException e =
        assertThrows(EtraceException.class, () -> learner.grad(JOB.xs(), JOB.ys(), Job.LOSS));
    assertTrue(e.getMessage().contains("SignalTest.java:"), e.getMessage());
    assertTrue(
        e.getMessage().contains("learner.rollout(xs).modulators(…).grad(ys, stepLoss)"),
        e.getMessage());
    // Running without learning needs no modulator.
    assertEquals(Job.STEPS, learner.evolve(JOB.xs()).dim(0));
    EtraceException other =
        assertThrows(
            EtraceException.class,
            () -> new ThreeFactor<>(new Net(), Rule.dRtrl(), RandomKey.of(1), _ -> {}));
    assertTrue(other.getMessage().contains("expected modulatory"), other.getMessage());
  }

  /** {@code h ← 0.5 h + w x} with loss h at each step. */
  private static final class Memory extends Layer {
    private final State w = parameter(HostTensor.full(TensorType.of(DType.F64, 1), 0.3));
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, 1), 0));

    @Override
    public Tensor update(Tensor x) {
      Tensor next = h.value().mul(0.5).add(w.value().mul(x));
      h.set(next);
      return next;
    }
  }

  /**
   * All later losses add {@code Σ_{n>0} 0.5^n = 1} to the derivative with respect to h: the
   * synthesizer has to learn that, and the model's gradient then includes later losses.
   */
  @Test
  void dniFitsItsSynthesizer() {
    Tensor x = HostTensor.full(TensorType.of(DType.F64, 1, 1), 1);
    Memory model = new Memory();
    Dni<Tensor, Tensor> learner = Learner.compile(model, m -> new Dni<>(m, _ -> {}), x);
    Fn0<GradWithAux<Grads, Tensor>> step =
        Engram.gradWithAux(
            () -> {
              Tensor out = learner.call(x);
              return new WithAux<>(out.sum(), out);
            },
            learner.weights());
    Grads first = step.apply().grad();
    assertEquals(1, first.get("w").host().getDouble(0), 1e-12); // its own step alone
    State bias = learner.weights().get("synthesizer.h.bias");
    State weight = learner.weights().get("synthesizer.h.weight");
    Grads g = first;
    for (int i = 0; i < 400; i++) {
      g = step.apply().grad();
      bias.set(bias.value().sub(g.get("synthesizer.h.bias").mul(0.1)));
      weight.set(weight.value().sub(g.get("synthesizer.h.weight").mul(0.1)));
    }
    double h = model.states().get("h").value().host().getDouble(0);
    double says = bias.value().host().getDouble(0) + weight.value().host().getDouble(0) * h;
    assertEquals(1, says, 1e-3);
    assertEquals(2, g.get("w").host().getDouble(0), 1e-3);
  }

  @Test
  void withoutTracesAPredictionReachesEveryWeight() {
    // A synthesizer that is correct for one step ahead makes a sum over two steps exact.
    Job two = new Job("two", JOB.model(), JOB.xs().slice(0, 0, 1), JOB.ys().slice(0, 0, 1));
    Job.same("one step", only(two.online(Rule.dni()), two.bptt()), two.bptt());
  }

  private static Grads only(Grads got, Grads want) {
    return new Grads(want.paths().stream().collect(Collectors.toMap(p -> p, got::get)));
  }

  @Test
  void feedbackOfFullTracesReachesAllWeights() {
    Rule rule = Rule.rtrl().with(new LearningSignal.RandomFeedback());
    List<String> changed = Job.different(JOB.online(rule), JOB.bptt());
    assertTrue(changed.contains("rnn.Wr.weight"), changed::toString);
    assertFalse(changed.contains("readout.weight"), changed::toString);
  }
}
