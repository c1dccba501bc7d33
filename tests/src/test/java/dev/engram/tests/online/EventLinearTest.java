package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.etrace.TraceState;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Connectivity;
import dev.engram.nn.EventLinear;
import dev.engram.nn.Initializer;
import dev.engram.nn.SparseLinear;
import dev.engram.online.Learner;
import dev.engram.testkit.Close;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The weights of an {@link EventLinear} under the online rules. */
class EventLinearTest {
  private static final int IN = 5;
  private static final int OUT = 4;
  private static final Connectivity TO =
      Connectivity.of(
          IN, List.of(new int[] {0, 2, 4}, new int[] {1, 2}, new int[] {}, new int[] {0, 1, 2, 3}));
  private static final Factorization.InputOutput DECAY = Factorization.InputOutput.decay(0.7);

  /** Weights by connection: {@code w[j, i]}. */
  private static double weight(int j, int i) {
    return Math.sin(1 + 7 * j + 3.3 * i);
  }

  private static Layer events() {
    EventLinear layer =
        new EventLinear(
            TO,
            RandomKey.of(1),
            DType.F64,
            Initializer.normal(1),
            Optional.of(Initializer.normal(0.3)));
    layer.weight().set(table(TO.targets(), OUT, (i, j) -> weight(j, i)));
    return layer;
  }

  private static Layer sources() {
    SparseLinear layer =
        new SparseLinear(
            TO,
            RandomKey.of(1),
            DType.F64,
            Initializer.normal(1),
            Optional.empty(),
            Optional.of(Initializer.normal(0.3)));
    layer.weight().set(table(TO.sources(), IN, EventLinearTest::weight));
    return layer;
  }

  private interface Entry {
    double at(int row, int other);
  }

  private static HostTensor table(HostTensor at, int none, Entry w) {
    HostTensor out = HostTensor.full(new TensorType(DType.F64, at.shape()), 0);
    int degree = at.dim(1);
    for (int k = 0; k < at.type().size(); k++) {
      int other = (int) at.getLong(k);
      if (other < none) {
        out.setDouble(k, w.at(k / degree, other));
      }
    }
    return out;
  }

  /** Leaky units driven by a layer: {@code h ← 0.8 h + 0.2 tanh(layer(x))}. */
  private static final class Leaky extends Layer {
    private final Layer layer;
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, OUT), 0));

    Leaky(Layer layer) {
      this.layer = layer;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor next = h.value().mul(0.8).add(layer.update(x).tanh().mul(0.2));
      h.set(next);
      return next;
    }
  }

  // some inputs are zero, as without spikes
  private static Job job(Supplier<Layer> layer) {
    Job all = Job.of("leaky", IN, OUT, () -> new Leaky(layer.get()));
    return all.withInputs(all.xs().gt(0.2).cast(DType.F64).mul(all.xs()));
  }

  private static final Job EVENTS = job(EventLinearTest::events);
  private static final Job SOURCES = job(EventLinearTest::sources);

  /** The same gradients, weight by weight, as where each output has its list of inputs. */
  private static void sameAsSparseLinear(String what, Grads events, Grads sources) {
    HostTensor got = events.get("layer.weight").host();
    HostTensor want = sources.get("layer.weight").host();
    double[][] of = new double[OUT][IN];
    for (int k = 0; k < want.type().size(); k++) {
      int i = (int) TO.sources().getLong(k);
      if (i < IN) {
        of[k / TO.degree()][i] = want.getDouble(k);
      }
    }
    Close.check(what, got, table(TO.targets(), OUT, (i, j) -> of[j][i]));
    Close.check(what + ", bias", events.get("layer.bias"), sources.get("layer.bias"));
  }

  @Test
  void rulesThatAreExactGiveTheGradientsOfBptt() {
    Report report = EVENTS.learner(Rule.dRtrl()).report();
    assertEquals(List.of(), report.excluded(), report::toString);
    assertTrue(
        report.gradients().stream().allMatch(g -> g instanceof Exactness.Exact), report::toString);
    Grads want = EVENTS.bptt();
    sameAsSparseLinear("BPTT", want, SOURCES.bptt());
    for (Rule rule : List.of(Rule.dRtrl(), Rule.ostlRecurrent(), Rule.rtrl(), Rule.eProp(0))) {
      Job.same(rule.words(), EVENTS.online(rule), want);
    }
    // Control: without memory all of them are wrong.
    Rule none = Rule.dRtrl().with(new Recursion.None());
    assertFalse(Job.different(EVENTS.online(none), want).isEmpty());
  }

  @Test
  void rulesThatAreNotGiveThoseOfTheOtherLayer() {
    for (Rule rule :
        List.of(Rule.ppProp(DECAY), Rule.eProp(0.6), Rule.threeFactor(), Rule.ostlFeedforward())) {
      sameAsSparseLinear(rule.words(), EVENTS.online(rule), SOURCES.online(rule));
      Grads other = EVENTS.online(Rule.dRtrl());
      assertFalse(
          Job.different(EVENTS.online(rule), other).isEmpty(),
          () -> rule.words() + " is no control");
    }
  }

  /** Windows read the traces before them. */
  @Test
  void windowsAreBptt() {
    Learner<Tensor, Tensor> learner = EVENTS.learner(Rule.dRtrl());
    Grads got = learner.rollout(EVENTS.xs()).window(3).grad(EVENTS.ys(), Job.LOSS).grads();
    Job.same("windows", got, EVENTS.bptt());
  }

  /** pp-prop has a number for each input and each output, D-RTRL one for each connection. */
  @Test
  void tracesAreOfInputsAndOutputs() {
    List<TensorType> pp =
        EVENTS.learner(Rule.ppProp(DECAY)).onlineStep().traces().stream()
            .filter(t -> t.name().contains("weight"))
            .map(TraceState::type)
            .toList();
    assertEquals(List.of(TensorType.of(DType.F64, IN), TensorType.of(DType.F64, OUT)), pp);
    List<TensorType> rtrl =
        EVENTS.learner(Rule.dRtrl()).onlineStep().traces().stream()
            .filter(t -> t.name().contains("weight"))
            .map(TraceState::type)
            .toList();
    assertEquals(List.of(new TensorType(DType.F64, TO.targets().shape())), rtrl);
  }

  @Test
  void snApSaysWhatToUse() {
    String e = assertThrows(EtraceException.class, () -> EVENTS.learner(Rule.snAp(2))).getMessage();
    assertTrue(
        e.contains("SnAp cannot follow layer.weight through eventProduct")
            && e.contains("or a SparseLinear"),
        e);
  }
}
