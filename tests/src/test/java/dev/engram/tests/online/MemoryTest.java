package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Key;
import dev.engram.Layer;
import dev.engram.Learner;
import dev.engram.State;
import dev.engram.Traced;
import dev.engram.etrace.Cost;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.Lowering;
import dev.engram.nn.Connectivity;
import dev.engram.nn.Linear;
import dev.engram.nn.RnnCell;
import dev.engram.nn.SparseLinear;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Memory of a whole sequence, as planned before the run. */
class MemoryTest {
  private static final int IN = 10;

  /** Bytes between inputs and results for the gradient of a sequence. */
  private static long planned(Rule rule, int steps, int batch, int hidden) {
    Layer model = new RnnCell(IN, hidden, Key.of(1), DType.F32);
    Learner learner =
        Learner.compile(
            model,
            m -> new Learner(m, rule, Key.of(2), _ -> {}),
            HostTensor.full(TensorType.of(DType.F32, batch, IN), 0));
    Graph g =
        Traced.of(
                "sequence",
                args -> learner.grad((Tensor) args.get(0), (Tensor) args.get(1), Job.LOSS).grads(),
                List.of(
                    HostTensor.full(TensorType.of(DType.F32, steps, batch, IN), 0),
                    HostTensor.full(TensorType.of(DType.F32, steps, batch, hidden), 0)))
            .graph();
    Graph simple = Pipeline.standard().run(g);
    long data = simple.paramTypes().getFirst().bytes() + simple.paramTypes().get(1).bytes();
    long ends =
        simple.paramTypes().stream().mapToLong(TensorType::bytes).sum()
            + simple.outTypes().stream().mapToLong(TensorType::bytes).sum();
    return ends - data + Lowering.lower(simple).arenaBytes();
  }

  private static final Rule PP = Rule.ppProp(Factorization.InputOutput.decay(0.9));

  @Test
  void itDoesNotGrowWithTheSequence() {
    for (Rule rule : List.of(Rule.dRtrl(), PP, Rule.eProp(0.5), Rule.uoro(), Rule.snAp(2))) {
      long ten = planned(rule, 10, 2, 8);
      long many = planned(rule, 1000, 2, 8);
      // The losses of the steps are all that there are more of.
      assertTrue(many - ten <= 4 * 1000, rule.words() + ": " + ten + " and " + many);
    }
  }

  /** Bytes per example, by the difference of two batches. */
  private static double perExample(Rule rule, int hidden) {
    return (planned(rule, 4, 64, hidden) - planned(rule, 4, 32, hidden)) / 32.0;
  }

  @Test
  void itGrowsAsTheTheorySays() {
    // θ grows as H², so does D-RTRL; in + out grows as H, so does pp-prop; SnAp grows as H³.
    double perWeight = perExample(Rule.dRtrl(), 128) / perExample(Rule.dRtrl(), 32);
    assertTrue(perWeight > 9 && perWeight < 17, "D-RTRL grows by " + perWeight);
    double inOut = perExample(PP, 128) / perExample(PP, 32);
    assertTrue(inOut > 2 && inOut < 4.5, "pp-prop grows by " + inOut);
    double projected = perExample(Rule.uoro(), 128) / perExample(Rule.uoro(), 32);
    assertTrue(projected > 6 && projected < 17, "UORO grows by " + projected);
  }

  @Test
  void tracesHaveTheSizesOfTheTheory() {
    for (int hidden : List.of(1, 4, 16, 50)) {
      int weights = (IN + hidden) * hidden + hidden;
      assertEquals(4L * weights, bytes(Rule.dRtrl(), hidden));
      assertEquals(4L * 2 * weights, bytes(Rule.eProp(0.5), hidden));
      // One input side, two output sides (weight and bias), and the count of steps.
      assertEquals(4L * (IN + hidden + 2 * hidden + 1), bytes(PP, hidden));
      assertEquals(4L * (weights + hidden + 2), bytes(Rule.uoro(), hidden));
      assertEquals(4L * weights * hidden, bytes(Rule.rtrl(), hidden));
    }
    int weights = (IN + 16) * 16 + 16;
    assertEquals(4L * weights * 16, bytes(Rule.snAp(2), 16));
  }

  /** Twice the batch is twice the memory beside the weights, whatever the rule. */
  @Test
  void itGrowsWithTheBatch() {
    for (Rule rule : List.of(Rule.dRtrl(), PP, Rule.uoro())) {
      double small = planned(rule, 4, 64, 16) - planned(rule, 4, 32, 16);
      double large = planned(rule, 4, 128, 16) - planned(rule, 4, 64, 16);
      assertEquals(2, large / small, 0.05, rule::words);
    }
  }

  /** A sparse layer's traces and operations are as many as its connections. */
  @Test
  void sparseWeightsCostAsMuchAsThereAreConnections() {
    int size = 200;
    for (int degree : List.of(2, 8)) {
      long connections = (long) size * degree;
      Cost sparse = cost(new SparseLinear(to(size, degree), Key.of(1), DType.F32), size);
      Cost dense = cost(new Linear(size, size, Key.of(1), DType.F32), size);
      assertEquals(4 * connections, sparse.traceBytes());
      assertEquals(4L * (size * size + size), dense.traceBytes());
      assertTrue(sparse.modelOperations() <= 2 * connections + 4L * size, sparse::toString);
      assertTrue(sparse.traceOperations() <= 4 * connections + 8L * size, sparse::toString);
      assertTrue(dense.traceOperations() > 2L * size * size, dense::toString);
    }
  }

  private static Connectivity to(int size, int degree) {
    return Connectivity.fixedInDegree(size, size, degree, Key.of(3));
  }

  private static Cost cost(Layer drive, int size) {
    State h = State.hidden(() -> HostTensor.full(TensorType.of(DType.F32, size), 0));
    Layer model =
        new Layer() {
          private final Layer layer = drive;
          private final State state = h;

          @Override
          public Tensor update(Tensor x) {
            Tensor next = state.value().mul(0.9).add(layer.update(x));
            state.set(next);
            return next;
          }
        };
    Learner learner = new Learner(model, Rule.dRtrl(), Key.of(2), _ -> {});
    model.initAllStates();
    learner.compileGraph(HostTensor.full(TensorType.of(DType.F32, size), 0));
    return learner.cost();
  }

  private static long bytes(Rule rule, int hidden) {
    Learner learner =
        new Learner(new RnnCell(IN, hidden, Key.of(1), DType.F32), rule, Key.of(2), _ -> {});
    learner.model().initAllStates();
    learner.compileGraph(HostTensor.full(TensorType.of(DType.F32, IN), 0));
    return learner.cost().traceBytes();
  }
}
