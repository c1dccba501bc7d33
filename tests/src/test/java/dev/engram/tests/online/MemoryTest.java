package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.etrace.Cost;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.KeptPositions;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Connectivity;
import dev.engram.nn.Initializer;
import dev.engram.nn.Linear;
import dev.engram.nn.Parametrization;
import dev.engram.nn.SparseLinear;
import dev.engram.online.Learner;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Memory of a whole sequence, as planned before the run. */
class MemoryTest {
  private static final Rule PP = Rule.ppProp(Factorization.InputOutput.decay(0.9));

  @Test
  void itDoesNotGrowWithTheSequence() {
    for (Rule rule : List.of(Rule.dRtrl(), PP, Rule.eProp(0.5), Rule.uoro(), Rule.snAp(2))) {
      long few = Memory.planned(rule, 70, 2, 8);
      long many = Memory.planned(rule, 7000, 2, 8);
      // Only the losses of the steps take more memory, and windows of what is left.
      assertTrue(many - few <= 4 * 7000 + few / 2, rule.words() + ": " + few + " and " + many);
    }
    // Control: BPTT keeps residuals of each step.
    long more = Memory.plannedBptt(1000, 2, 8) - Memory.plannedBptt(10, 2, 8);
    assertTrue(more >= 990L * 2 * 8 * 4, "BPTT grows by " + more);
  }

  /** Returns the bytes per example, from the difference between two batch sizes. */
  private static double perExample(Rule rule, int hidden) {
    return (Memory.planned(rule, 4, 64, hidden) - Memory.planned(rule, 4, 32, hidden)) / 32.0;
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
      int weights = (Memory.IN + hidden) * hidden + hidden;
      assertEquals(4L * weights, Memory.traces(Rule.dRtrl(), hidden));
      assertEquals(4L * 2 * weights, Memory.traces(Rule.eProp(0.5), hidden));
      // One input side, two output sides (weight and bias), and the count of steps.
      assertEquals(4L * (Memory.IN + hidden + 2 * hidden + 1), Memory.traces(PP, hidden));
      assertEquals(4L * (weights + hidden + 2), Memory.traces(Rule.uoro(), hidden));
      assertEquals(4L * weights * hidden, Memory.traces(Rule.rtrl(), hidden));
    }
    int weights = (Memory.IN + 16) * 16 + 16;
    assertEquals(4L * weights * 16, Memory.traces(Rule.snAp(2), 16));
  }

  /** Twice the batch takes twice the memory besides the weights, for every rule. */
  @Test
  void itGrowsWithTheBatch() {
    for (Rule rule : List.of(Rule.dRtrl(), PP, Rule.uoro())) {
      double small = Memory.planned(rule, 4, 64, 16) - Memory.planned(rule, 4, 32, 16);
      double large = Memory.planned(rule, 4, 128, 16) - Memory.planned(rule, 4, 64, 16);
      assertEquals(2, large / small, 0.05, rule::words);
    }
  }

  /** A sparse layer has as many trace elements and operations as connections. */
  @Test
  void sparseWeightsCostAsMuchAsThereAreConnections() {
    int size = 200;
    for (int degree : List.of(2, 8)) {
      long connections = (long) size * degree;
      Cost sparse = cost(new SparseLinear(to(size, degree), RandomKey.of(1), DType.F32), size);
      Cost dense = cost(new Linear(size, size, RandomKey.of(1), DType.F32), size);
      assertEquals(4 * connections, sparse.traceBytes());
      assertEquals(4L * (size * size + size), dense.traceBytes());
      assertTrue(sparse.modelOperations() <= 2 * connections + 4L * size, sparse::toString);
      assertTrue(sparse.traceOperations() <= 4 * connections + 8L * size, sparse::toString);
      assertTrue(dense.traceOperations() > 2L * size * size, dense::toString);
    }
  }

  /** A recurrent layer in which each position has some sources, written in three ways. */
  private static Layer recurrent(int size, int degree, String how) {
    SparseLinear listed = new SparseLinear(to(size, degree), RandomKey.of(1), DType.F32);
    HostTensor sources = to(size, degree).sources();
    HostTensor mask = HostTensor.allocate(TensorType.of(DType.F32, size, size));
    for (int i = 0; i < sources.type().size(); i++) {
      mask.setDouble(sources.bits(i) * size + i / degree, 1);
    }
    Linear dense =
        new Linear(
            size,
            size,
            RandomKey.of(1),
            DType.F32,
            Initializer.glorotUniform(),
            Optional.empty(),
            how.equals("dense") ? Parametrization.none() : Parametrization.mask(mask));
    State h = State.hidden(() -> HostTensor.full(TensorType.of(DType.F32, size), 0));
    return new Layer() {
      private final Layer layer = how.equals("listed") ? listed : dense;
      private final State state = h;

      @Override
      public Tensor update(Tensor x) {
        Tensor next = layer.update(state.value()).add(x).tanh();
        state.set(next);
        return next;
      }
    };
  }

  private static Learner<Tensor, Tensor> snAp2(int size, int degree, String how) {
    Layer model = recurrent(size, degree, how);
    Learner<Tensor, Tensor> learner = new Learner<>(model, Rule.snAp(2), RandomKey.of(2), _ -> {});
    model.initAllStates();
    learner.compileGraph(HostTensor.full(TensorType.of(DType.F32, size), 0));
    return learner;
  }

  /** Memory and operations of SnAp-2 fall with the number of positions that one reaches. */
  @Test
  void sparseRecurrencesCostAsMuchAsTheirPatternHasPositions() {
    int size = 64;
    Cost dense = snAp2(size, 1, "dense").cost();
    assertEquals(4L * size * size * size, dense.traceBytes());
    for (int degree : List.of(1, 2, 4)) {
      for (String how : List.of("masked", "listed")) {
        Learner<Tensor, Tensor> learner = snAp2(size, degree, how);
        KeptPositions kept = learner.report().keptOf(0).orElseThrow();
        int k = kept.most();
        assertEquals(size, kept.positions());
        assertTrue(k > degree && k < 16, () -> how + ", sources " + degree + ": K = " + k);
        assertTrue(learner.explain().contains("positions kept: at most " + k + " of 64\n"));
        long weights = how.equals("listed") ? (long) size * degree : (long) size * size;
        Cost cost = learner.cost();
        assertEquals(4 * weights * k, cost.traceBytes());
        assertEquals(
            4 * weights * k,
            learner.traces().values().stream().mapToLong(t -> t.type().bytes()).sum());
        // A product of matrices for each position, the own shares, and the Jacobian.
        long operations = cost.traceOperations();
        assertTrue(
            operations <= weights * (2L * k * k + 4L * k) + 40L * k * size * size, cost::toString);
        assertTrue(operations < dense.traceOperations() / 4, cost::toString);
      }
    }
  }

  /** The diagonal of a diagonal Jacobian takes one directional derivative. */
  @Test
  void aDiagonalTakesAsManyDirectionsAsThereAreColors() {
    assertEquals(2.0, (double) operations(64) / operations(32), 0.1);
  }

  private static long operations(int size) {
    TensorType type = TensorType.of(DType.F32, size);
    Layer model =
        new Layer() {
          private final State w = parameter(HostTensor.full(type, 1));
          private final State state = hidden(() -> HostTensor.full(type, 0));

          @Override
          public Tensor update(Tensor x) {
            Tensor next = state.value().mul(w.value()).tanh().add(x);
            state.set(next);
            return next;
          }
        };
    Learner<Tensor, Tensor> learner =
        new Learner<>(model, Rule.ostlRecurrent(), RandomKey.of(2), _ -> {});
    model.initAllStates();
    learner.compileGraph(HostTensor.full(type, 0));
    return learner.cost().traceOperations();
  }

  private static Connectivity to(int size, int degree) {
    return Connectivity.fixedInDegree(size, size, degree, RandomKey.of(3));
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
    Learner<Tensor, Tensor> learner = new Learner<>(model, Rule.dRtrl(), RandomKey.of(2), _ -> {});
    model.initAllStates();
    learner.compileGraph(HostTensor.full(TensorType.of(DType.F32, size), 0));
    return learner.cost();
  }
}
