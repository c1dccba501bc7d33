package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.LstmCell;
import dev.engram.online.EProp;
import dev.engram.online.Learner;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Cases in which the Python library braintrace has a zero or wrong gradient, or an error. */
class BeyondReferenceTest {
  private static final int IN = 3;
  private static final int N = 4;

  /** {@code h ← 0.8 h + drive(x)}; returns h. */
  private static final class Leaky extends Layer {
    private final State w =
        parameter(RandomTensors.normal(RandomKey.of(1), Shape.of(IN, N), DType.F64));
    private final State u =
        parameter(RandomTensors.normal(RandomKey.of(2), Shape.of(IN, N), DType.F64));
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, N), 0));
    private final Function<Leaky, Tensor> drive;
    private Tensor x = HostTensor.full(TensorType.of(DType.F64, IN), 0);

    Leaky(Function<Leaky, Tensor> drive) {
      this.drive = drive;
    }

    @Override
    public Tensor update(Tensor input) {
      x = input;
      Tensor next = h.value().mul(0.8).add(drive.apply(this));
      h.set(next);
      return next.sin();
    }
  }

  private static Job leaky(Function<Leaky, Tensor> drive) {
    return Job.of("leaky", IN, N, () -> new Leaky(drive));
  }

  /** The gradient is that of BPTT, and differs from that of each step alone. */
  private static void isExact(Job job) {
    Grads want = job.bptt();
    assertTrue(job.learner(Rule.dRtrl()).report().isComplete());
    Job.same("D-RTRL", job.online(Rule.dRtrl()), want);
    Rule none = Rule.dRtrl().with(new Recursion.None());
    assertFalse(Job.different(job.online(none), want).isEmpty());
  }

  /** Step by step, not over a window of many steps. */
  @Test
  void readoutAndResetGateLearnInSingleStepMode() {
    Job gru = RecurrentJobs.named("gru");
    Learner<Tensor, Tensor> learner = gru.learner(Rule.dRtrl());
    Grads bptt = gru.bptt();
    Grads sum = Grads.zeros(learner.weights());
    for (int t = 0; t < gru.xs().dim(0); t++) {
      Tensor x = gru.xs().get(t);
      Tensor y = gru.ys().get(t);
      Job first = new Job("first", gru.model(), gru.xs().slice(0, 0, 1), gru.ys().slice(0, 0, 1));
      Grads g = Engram.grad(() -> Job.LOSS.apply(learner.call(x), y), learner.weights()).apply();
      for (String path : List.of("layers.1.weight", "layers.1.bias", "layers.0.Wr.bias")) {
        boolean unused = t == 0 && path.contains("Wr"); // it gates a state of zeros
        assertEquals(unused, g.get(path).abs().max().host().getDouble(0) == 0, path);
      }
      if (t == 0) {
        Job.same("the first step", g, first.bptt());
      }
      sum = sum.plus(g);
    }
    // The readout's gradient is exact; the reset gate's is only each step's own.
    List<String> off = Job.different(sum, bptt);
    assertFalse(off.contains("layers.1.weight") || off.contains("layers.1.bias"), off::toString);
    assertTrue(off.contains("layers.0.Wr.weight"), off::toString);
  }

  /** Its memory feeds its output in the same step, and counts once. */
  @Test
  void lstmIsCreditedOnce() {
    Job lstm = Job.of("lstm", IN, N, () -> new LstmCell(IN, N, RandomKey.of(3), DType.F64));
    Job one = new Job("one", lstm.model(), lstm.xs().slice(0, 0, 1), lstm.ys().slice(0, 0, 1));
    Grads want = one.bptt();
    Grads got = one.online(Rule.dRtrl());
    Job.same("one step", got, want);
    for (String path : List.of("Wi.weight", "Wg.weight", "Wf.bias")) {
      boolean nothing = path.startsWith("Wf"); // it gates a memory of zeros
      assertEquals(nothing, want.get(path).abs().max().host().getDouble(0) == 0, path);
    }
    assertFalse(Job.different(got.map(g -> g.mul(2)), want).isEmpty());
    Job.same("SnAp", lstm.online(Rule.snAp(2)), lstm.bptt());
  }

  @Test
  void feedbackReachesFromAReadoutOfAnotherWidth() {
    Job rnn = RecurrentJobs.named("rnn");
    Learner<Tensor, Tensor> learner =
        Learner.compile(
            rnn.model().get(), m -> new EProp<>(m, 0, RandomKey.of(5), _ -> {}), rnn.xs().get(0));
    assertEquals(List.of(2, N), dims(learner.feedback().getFirst()));
    Grads got = learner.grad(rnn.xs(), rnn.ys(), Job.LOSS).grads();
    Grads symmetric = rnn.online(Rule.eProp(0));
    assertEquals(List.of("layers.0.W.weight", "layers.0.W.bias"), Job.different(got, symmetric));
    assertTrue(got.get("layers.0.W.weight").abs().max().host().getDouble(0) > 0.1);
  }

  private static List<Integer> dims(Tensor t) {
    return List.of(t.dim(0), t.dim(1));
  }

  private static Tensor roll(Tensor t) {
    return Tensor.concat(0, t.slice(0, 1, N), t.slice(0, 0, 1));
  }

  @Test
  void rolledPreActivationIsExact() {
    isExact(leaky(m -> roll(m.x.matmul(m.w.value()).add(m.x.matmul(m.u.value()).sin())).tanh()));
    // Control: a roll is not the identity.
    Job plain = leaky(m -> m.x.matmul(m.w.value()).add(m.x.matmul(m.u.value()).sin()).tanh());
    isExact(plain);
    Job rolled =
        leaky(m -> roll(m.x.matmul(m.w.value()).add(m.x.matmul(m.u.value()).sin())).tanh());
    assertFalse(Job.different(rolled.online(Rule.dRtrl()), plain.bptt()).isEmpty());
  }

  @Test
  void condInsideUpdateIsExact() {
    isExact(
        leaky(
            m ->
                Engram.cond(
                    m.x.get(0).gt(0),
                    () -> m.x.matmul(m.w.value()).tanh(),
                    () -> m.x.matmul(m.u.value()).sin())));
  }

  @Test
  void weightUsedPlainlyAndThroughASiteIsExact() {
    Job job =
        leaky(
            m ->
                m.x
                    .matmul(m.w.value())
                    .add(m.w.value().get(0).mul(m.h.value()))
                    .add(m.x.matmul(m.u.value()))
                    .tanh());
    isExact(job);
    assertTrue(
        job.learner(Rule.dRtrl()).report().diagnostics().stream()
            .noneMatch(d -> d.level() == Diagnostic.Level.WARNING));
  }
}
