package dev.engram.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.Sequential;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.Sgd;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A step in place of a sequence, a sequence in place of a step, and axes in another order. */
class WrongAxesTest {
  /** Of 5 steps and 3 examples. */
  private static final Tensor XS =
      RandomTensors.normal(RandomKey.of(1), Shape.of(5, 3, 2), DType.F32);

  private static final String ONE_STEP =
      "a step takes [3, …], an input for each example; of a sequence [T, 3, …] give one, such as"
          + " xs.get(0), or learn from all of it with learner.grad(xs, …)";

  private final List<Diagnostic> warnings = new ArrayList<>();
  private final Learner<Tensor, Tensor> learner = compiled(XS.get(0), warnings::add);

  private static Learner<Tensor, Tensor> compiled(Tensor x, Consumer<Diagnostic> warnings) {
    return Learner.compile(net(), Rule.named("d-rtrl"), x, warnings);
  }

  private static Sequential net() {
    return new Sequential(new MinGruCell(2, 4, RandomKey.of(2)), new Linear(4, 1, RandomKey.of(3)));
  }

  private static void refused(String end, Executable x) {
    String e = assertThrows(TypeException.class, x).getMessage();
    assertTrue(e.endsWith(end), e);
    assertTrue(e.contains("(WrongAxesTest.java:"), e);
  }

  private static Tensor trues(int... dims) {
    return HostTensor.full(TensorType.of(DType.BOOL, dims), 1);
  }

  private Rollout<Tensor, Tensor> run() {
    return learner.rollout(XS).mean();
  }

  private static Tensor loss(Tensor out) {
    return out.square().mean(-1);
  }

  @Test
  void aSequenceIsNoStep() {
    learner.update(XS.get(0));
    refused(ONE_STEP, () -> learner.update(XS));
    refused(ONE_STEP, () -> Engram.jit(learner).apply(XS));
    Sgd sgd = new Sgd(0.1);
    sgd.register(learner.weights());
    OnlineTrainer<Tensor, Tensor, Tensor> trainer =
        new OnlineTrainer<>(learner, sgd, (o, y) -> o.sub(y).square().mean());
    refused(ONE_STEP, () -> trainer.step(XS, XS));
    refused(
        "; of a sequence [T, B, …] give it one step, such as xs.get(0)",
        () -> Learner.compile(net(), Rule.dRtrl(), XS));
  }

  @Test
  void aSequenceOfOneExampleIsNoStep() {
    Learner<Tensor, Tensor> one = new Learner<>(net(), Rule.dRtrl());
    one.model().initAllStates();
    one.compileGraph(XS.get(0).get(0));
    refused("; of a sequence give one step, such as xs.get(0)", () -> one.update(XS.get(0)));
    refused(
        "; for a batch compile with Learner.compile, or map over it with Vmap",
        () -> one.update(XS.get(0).get(0).get(0)));
  }

  @Test
  void anExampleIsNoBatch() {
    refused(
        "a step takes [3, …], an input for each example, and a sequence is [T, 3, …]",
        () -> learner.update(XS.get(0).get(0)));
    refused(
        "compile the learner again with Learner.compile for the new type",
        () -> learner.update(XS.get(0).slice(1, 0, 1)));
  }

  @Test
  void stepsGoAlongTheFirstAxis() {
    run().grad(WrongAxesTest::loss);
    refused(
        "; if steps go along axis 1 here, use .transpose(1, 0, 2); learner.update(x) runs one step",
        () -> learner.rollout(XS.transpose(1, 0, 2)));
    refused("learner.update(x) runs one step", () -> learner.evolve(XS.get(0)));
    String end = "steps go along axis 0; if they go along axis 1 here, use .transpose(1, 0)";
    refused(end, () -> run().mask(trues(3, 5)).grad(WrongAxesTest::loss));
    refused(end, () -> run().resets(trues(3, 5)).grad(WrongAxesTest::loss));
    refused(
        "if they go along axis 1 here, use .transpose(1, 0, 2)",
        () -> run().grad(XS.transpose(1, 0, 2), (o, y) -> loss(o.sub(y))));
    refused(
        "steps go along axis 0; cut the longer one with slice(0, 0, steps)",
        () -> run().mask(trues(4)).grad(WrongAxesTest::loss));
  }

  /** The transposed arguments are those that are meant. */
  @Test
  void theFixesWork() {
    double want = run().mask(trues(5, 3)).grad(WrongAxesTest::loss).loss().host().item();
    learner.reset();
    Tensor mask = trues(3, 5).transpose(1, 0);
    Tensor xs = XS.transpose(1, 0, 2).transpose(1, 0, 2);
    Learner.Sequence<Tensor> got = learner.rollout(xs).mean().mask(mask).grad(WrongAxesTest::loss);
    assertTrue(want > 0);
    learner.reset();
    assertEquals(got.loss().host().item(), run().grad(WrongAxesTest::loss).loss().host().item());
  }

  @Test
  void warningsGoWhereTheyAreWanted() {
    assertEquals(
        List.of(List.of("layers.1.weight", "layers.1.bias")),
        warnings.stream().map(Diagnostic::weights).toList());
    EtraceException e =
        assertThrows(EtraceException.class, () -> compiled(XS.get(0), Strictness.ALL));
    assertTrue(String.valueOf(e.getMessage()).contains("layers.1.weight"), e.getMessage());
    compiled(XS.get(0), Strictness.TEMPORAL);
  }
}
