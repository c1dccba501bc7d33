package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.KeptPositions;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.CellOptions;
import dev.engram.nn.Connectivity;
import dev.engram.nn.Initializer;
import dev.engram.nn.LstmCell;
import dev.engram.nn.Parametrization;
import dev.engram.nn.RnnCell;
import dev.engram.nn.SparseLinear;
import dev.engram.online.Learner;
import dev.engram.sparse.Coo;
import dev.engram.testkit.Close;
import dev.engram.tests.random.Laws;
import dev.engram.tests.random.Program;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * SnAp-n with sparse recurrent connections: each position of a ring reaches itself and the next, so
 * n determines how far traces follow. The oracle is the full influence matrix in plain Java, in
 * which entries that are farther away are set to zero after each step.
 */
class SnapPatternTest {
  private static final int IN = 3;
  private static final int N = 5;
  private static final HostTensor R =
      RandomTensors.normal(RandomKey.of(1), Shape.of(N, N), DType.F64).host();
  private static final HostTensor W =
      RandomTensors.normal(RandomKey.of(2), Shape.of(IN, N), DType.F64).host();

  /** 1 from each position to the next one. */
  private static HostTensor ring() {
    double[] m = new double[N * N];
    for (int i = 0; i < N; i++) {
      m[i * N + (i + 1) % N] = 1;
    }
    return HostTensor.of(m, N, N);
  }

  /** {@code h ← 0.5 h + tanh(h·r + x·w)}, written in several ways. */
  private abstract static class Ring extends Layer {
    final State r;
    final State w = parameter(W);
    final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, N), 0));

    Ring(Tensor r) {
      this.r = parameter(r);
    }

    abstract Tensor recurrent(Tensor old);

    @Override
    public Tensor update(Tensor x) {
      Tensor old = h.value();
      Tensor next = old.mul(0.5).add(recurrent(old).add(x.matmul(w.value())).tanh());
      h.set(next);
      return next;
    }
  }

  private static final class Masked extends Ring {
    Masked() {
      super(R);
    }

    @Override
    Tensor recurrent(Tensor old) {
      return old.matmul(r.value().mul(ring()));
    }
  }

  private static final class Chosen extends Ring {
    Chosen() {
      super(R);
    }

    @Override
    Tensor recurrent(Tensor old) {
      return old.matmul(ring().gt(0.5).select(r.value(), r.value().mul(0)));
    }
  }

  private static final class Dense extends Ring {
    Dense() {
      super(R.mul(ring()));
    }

    @Override
    Tensor recurrent(Tensor old) {
      return old.matmul(r.value());
    }
  }

  /** Only the ring's weights, in a sparse matrix. */
  private static final class Sparse extends Ring {
    Sparse() {
      super(R.mul(ring()).sum(1)); // one to a row
    }

    @Override
    Tensor recurrent(Tensor old) {
      HostTensor from = HostTensor.of(new int[] {0, 1, 2, 3, 4}, N);
      HostTensor to = HostTensor.of(new int[] {1, 2, 3, 4, 0}, N);
      return new Coo(r.value(), to, from, N, N).matmul(old);
    }
  }

  private static Job job(Supplier<Layer> model) {
    return Job.of("ring", IN, N, model);
  }

  private static boolean reaches(int from, int to, int n) {
    return (to - from + N) % N < n;
  }

  /** Gradients in r and w. */
  private record Oracle(double[] r, double[] w) {}

  private static Oracle oracle(Job job, int n) {
    Oracle sum = new Oracle(new double[N * N], new double[IN * N]);
    for (int b = 0; b < Job.BATCH; b++) {
      double[] h = new double[N];
      double[][] trace = new double[N * N + IN * N][N];
      for (int t = 0; t < Job.STEPS; t++) {
        double[] x = job.xs().get(t).get(b).host().toDoubles();
        double[] y = job.ys().get(t).get(b).host().toDoubles();
        h = step(h, x, trace, n);
        for (int k = 0; k < trace.length; k++) {
          for (int j = 0; j < N; j++) {
            double g = (h[j] - y[j]) * trace[k][j];
            if (k < N * N) {
              sum.r[k] += g;
            } else {
              sum.w[k - N * N] += g;
            }
          }
        }
      }
    }
    return sum;
  }

  private static double[] step(double[] h, double[] x, double[][] trace, int n) {
    double[] next = new double[N];
    double[] slope = new double[N];
    for (int j = 0; j < N; j++) {
      int before = (j + N - 1) % N;
      double y = h[before] * R.getDouble(before * N + j);
      for (int i = 0; i < IN; i++) {
        y += x[i] * W.getDouble(i * N + j);
      }
      next[j] = 0.5 * h[j] + Math.tanh(y);
      slope[j] = 1 - Math.tanh(y) * Math.tanh(y);
    }
    for (int k = 0; k < trace.length; k++) {
      int own = k % N;
      int row = k / N;
      double[] old = trace[k].clone();
      for (int j = 0; j < N; j++) {
        int before = (j + N - 1) % N;
        double e = 0.5 * old[j] + slope[j] * R.getDouble(before * N + j) * old[before];
        if (j == own) {
          boolean recurrent = row < N;
          double data = !recurrent ? x[row - N] : row == before ? h[row] : 0;
          e += slope[j] * data;
        }
        trace[k][j] = reaches(own, j, n) ? e : 0;
      }
    }
    return next;
  }

  private static void check(Job job, int n) {
    Grads got = job.online(Rule.snAp(n));
    Oracle want = oracle(job, n);
    Close.check("r, n=" + n, got.get("r").host(), HostTensor.of(want.r, N, N));
    Close.check("w, n=" + n, got.get("w").host(), HostTensor.of(want.w, IN, N));
  }

  @Test
  void tracesFollowAsFarAsTheMaskLetsThemInNSteps() {
    for (int n = 1; n <= N; n++) {
      check(job(Masked::new), n);
      check(job(Chosen::new), n);
    }
    Job job = job(Masked::new);
    Job.same("saturated", job.online(Rule.snAp(N)), job.bptt());
    for (int n = 1; n < N; n++) {
      assertFalse(Job.different(job.online(Rule.snAp(n)), job.online(Rule.snAp(n + 1))).isEmpty());
    }
  }

  /** Control: if the graph does not show what is zero, two steps reach everything. */
  @Test
  void weightsThatHappenToBeZeroAreFollowed() {
    Job dense = job(Dense::new);
    Job.same("dense", dense.online(Rule.snAp(2)), dense.bptt());
  }

  /** Connections that a state holds as data are only known at run time. */
  private static final class Looked extends Ring {
    private final State sources = other(HostTensor.of(new int[] {4, 0, 1, 2, 3}, N));

    Looked() {
      super(R.mul(ring()).sum(0)); // one to a column
    }

    @Override
    Tensor recurrent(Tensor old) {
      return old.take(sources.value(), 0).mul(r.value());
    }
  }

  @Test
  void positionsThatDataChoosesAreFollowedEverywhere() {
    Job looked = job(Looked::new);
    Job.same("looked", looked.online(Rule.snAp(2)), looked.bptt());
    assertFalse(Job.different(looked.online(Rule.snAp(1)), looked.bptt()).isEmpty());
  }

  @Test
  void aSparseRecurrenceIsTheMaskedOne() {
    for (int n = 1; n <= N; n++) {
      Grads sparse = job(Sparse::new).online(Rule.snAp(n));
      Grads masked = job(Masked::new).online(Rule.snAp(n));
      Close.check("w", sparse.get("w").host(), masked.get("w").host());
      Tensor rows = masked.get("r").mul(ring()).sum(1);
      Close.check("r", sparse.get("r").host(), rows.host());
    }
  }

  // ---- traces that have room for the pattern alone

  private static final int WIDE = 12;

  /** A mask {@code [from, to]}, and the positions that each reaches in a step. */
  private record Mask(String name, boolean[][] reached) {
    HostTensor tensor() {
      double[] m = new double[WIDE * WIDE];
      for (int i = 0; i < m.length; i++) {
        m[i] = reached[i / WIDE][i % WIDE] ? 1 : 0;
      }
      return HostTensor.of(m, WIDE, WIDE);
    }

    /** With each position itself, if it has a memory besides its recurrent weights. */
    List<BitSet> next(boolean leaks) {
      List<BitSet> out = new ArrayList<>();
      for (int i = 0; i < WIDE; i++) {
        BitSet to = new BitSet();
        for (int j = 0; j < WIDE; j++) {
          to.set(j, reached[i][j] || (leaks && i == j));
        }
        out.add(to);
      }
      return out;
    }

    private static Mask of(String name, BiPredicate<Integer, Integer> reaches) {
      boolean[][] reached = new boolean[WIDE][WIDE];
      for (int i = 0; i < WIDE; i++) {
        for (int j = 0; j < WIDE; j++) {
          reached[i][j] = reaches.test(i, j);
        }
      }
      return new Mask(name, reached);
    }
  }

  private static final Mask RING = Mask.of("ring", (i, j) -> (j - i + WIDE) % WIDE == 1);
  private static final Mask BLOCKS = Mask.of("blocks", (i, j) -> i / 3 == j / 3);
  private static final Mask CHAINS = Mask.of("chains", (i, j) -> i / 4 == j / 4 && i <= j);

  /** Each position has two sources, some of them itself, and another number of targets. */
  private static final Mask RANDOM =
      Mask.of("random", (i, j) -> i == j * 5 % WIDE || i == (j * j + 3) % WIDE);

  private static final List<Mask> MASKS = List.of(RING, BLOCKS, CHAINS, RANDOM);

  private static HostTensor normal(int seed, int... dims) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(dims), DType.F64).mul(0.6).host();
  }

  private static CellOptions options(Mask m) {
    return CellOptions.standard()
        .withType(DType.F64)
        .withStates(Parametrization.mask(m.tensor()))
        .withBias(Initializer.normal(0.3));
  }

  /** {@code h ← 0.5 h + tanh(recurrent + w x)} of any shape. */
  private static final class Leaky extends Layer {
    private final State r;
    private final State w = parameter(normal(3, IN, WIDE));
    private final State h;
    private final BinaryOperator<Tensor> recurrent;

    Leaky(HostTensor r, BinaryOperator<Tensor> recurrent, int... shape) {
      this.r = parameter(r);
      this.recurrent = recurrent;
      this.h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, shape), 0));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor old = h.value();
      Tensor drive = x.matmul(w.value()).reshape(old.shape());
      Tensor next = old.mul(0.5).add(recurrent.apply(old, r.value()).add(drive).tanh());
      h.set(next);
      return next.reshape(WIDE);
    }
  }

  private static Job wide(String name, Supplier<Layer> model) {
    return Job.of(name, IN, WIDE, model);
  }

  private static SnapOracle leaky(Mask m, BinaryOperator<Tensor> recurrent) {
    return new SnapOracle(
        wide(m.name, () -> new Leaky(normal(4, WIDE, WIDE), recurrent, WIDE)), m.next(true));
  }

  private static Tensor rolled(Tensor t) {
    return t.roll(0, 1);
  }

  private static BitSet beside(int i) {
    BitSet to = new BitSet();
    for (int from = Math.max(0, i / 2 - 1); from <= Math.min(WIDE / 2 - 1, i / 2 + 1); from++) {
      to.set(2 * from, 2 * from + 2);
    }
    return to;
  }

  private static SparseLinear listed(Mask m) {
    List<int[]> sources =
        IntStream.range(0, WIDE)
            .mapToObj(j -> IntStream.range(0, WIDE).filter(i -> m.reached[i][j]).toArray())
            .toList();
    return new SparseLinear(Connectivity.of(WIDE, sources), RandomKey.of(3), DType.F64);
  }

  /** Connections in a layer of their own. */
  private static final class Listed extends Layer {
    private final SparseLinear connections;
    private final State w = parameter(normal(3, IN, WIDE));
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, WIDE), 0));

    Listed(Mask m) {
      connections = listed(m);
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor next = connections.update(h.value()).add(x.matmul(w.value())).tanh();
      h.set(next);
      return next;
    }
  }

  private static Stream<SnapOracle> sparse() {
    List<SnapOracle> all = new ArrayList<>();
    for (Mask m : MASKS) {
      all.add(
          new SnapOracle(
              wide("RNN, " + m.name, () -> new RnnCell(IN, WIDE, RandomKey.of(5), options(m))),
              m.next(false)));
      all.add(
          new SnapOracle(
              wide("LSTM, " + m.name, () -> new LstmCell(IN, WIDE, RandomKey.of(6), options(m))),
              m.next(true)));
      all.add(new SnapOracle(wide("SparseLinear, " + m.name, () -> new Listed(m)), m.next(false)));
      all.add(leaky(m, (old, r) -> old.matmul(r.mul(m.tensor()))));
      all.add(leaky(m, (old, r) -> r.mul(m.tensor().transpose(1, 0)).matmul(old)));
    }
    Mask moved = Mask.of("relabelled", (i, j) -> RANDOM.reached[i][(j + WIDE - 1) % WIDE]);
    all.add(leaky(moved, (old, r) -> rolled(old.matmul(r.mul(RANDOM.tensor())))));
    // Two channels at six places, each of which sees its neighbours.
    all.add(
        new SnapOracle(
            wide(
                "convolution",
                () -> new Leaky(normal(7, 3, 2, 2), (old, r) -> convolved(old, r), WIDE / 2, 2)),
            IntStream.range(0, WIDE).mapToObj(SnapPatternTest::beside).toList()));
    return all.stream();
  }

  /** {@code y[l] = Σ_k x[l + k - 1] w[k]}, with zeros beyond the ends. */
  private static Tensor convolved(Tensor x, Tensor w) {
    Tensor padded = x.pad(List.of(1, 0), List.of(1, 0), 0);
    Tensor sum = padded.slice(0, 0, WIDE / 2).matmul(w.get(0));
    for (int k = 1; k < 3; k++) {
      sum = sum.add(padded.slice(0, k, k + WIDE / 2).matmul(w.get(k)));
    }
    return sum;
  }

  @TestFactory
  Stream<DynamicTest> tracesOfThePatternAreThoseOfTheWholeInfluenceMasked() {
    return sparse().map(o -> DynamicTest.dynamicTest(o.job().name(), () -> checkSparse(o)));
  }

  private static void checkSparse(SnapOracle o) {
    Grads exact = o.job().bptt();
    int compact = 0;
    for (int n = 1; n <= 3; n++) {
      Learner<Tensor, Tensor> learner = o.job().learner(Rule.snAp(n));
      Grads got = learner.grad(o.job().xs(), o.job().ys(), Job.LOSS).grads();
      o.gradients(n).forEach((path, want) -> Close.check(path, got.get(path).host(), want));
      KeptPositions kept = learner.report().keptOf(0).orElseThrow();
      assertEquals(o.most(n), kept.most());
      assertEquals(WIDE, kept.positions());
      compact += kept.space() == kept.most() && kept.most() > 1 && kept.most() < WIDE ? 1 : 0;
      boolean closed = o.kept(n).equals(o.kept(n + 1));
      assertEquals(closed, Job.different(got, exact).isEmpty(), "n=" + n);
      if (!closed) {
        Grads further = o.job().online(Rule.snAp(n + 1));
        assertFalse(Job.different(got, further).isEmpty(), "n=" + n);
      }
    }
    assertTrue(compact > 0, "no trace of the pattern alone");
  }

  /** The step with its traces, and the gradients of traces and signals, on every backend. */
  @TestFactory
  Stream<DynamicTest> allBackendsAgreeAndVectorCodeHasTheBitsOfScalarCode() {
    return sparse().map(o -> DynamicTest.dynamicTest(o.job().name(), () -> checkBackends(o)));
  }

  private static void checkBackends(SnapOracle o) {
    OnlineStep step = o.job().learner(Rule.snAp(2)).onlineStep();
    for (Graph g : List.of(step.call().body(), step.credit())) {
      List<HostTensor> args = new ArrayList<>();
      for (Param p : g.params()) {
        args.add(
            p.type().dtype().isFloat()
                ? RandomTensors.normal(RandomKey.of(args.size()), p.type().shape(), DType.F64)
                    .host()
                : connections(o));
      }
      Program program = new Program(g, args, 0);
      for (String name : Ways.BACKENDS) {
        Laws.agrees(program, Ways.lowered(Ways.backend(name)));
      }
      Laws.sameBits(program, Ways.lowered(Ways.scalarCpu()), Ways.lowered(Ways.vectorCpu()));
    }
  }

  private static HostTensor connections(SnapOracle o) {
    return o.job().model().get().states().get("connections.sources").value().host();
  }

  /** Connections are a part of the states that files hold, and a learner follows them. */
  @Test
  void connectionsThatChangeUnderALearnerAreRefused() {
    Layer model = new Listed(RING);
    Learner<Tensor, Tensor> learner = compiled(model);
    Tensor x = normal(8, 1, IN);
    learner.call(x);
    Tensor other = listed(CHAINS).states().get("sources").value();
    State sources = model.states().get("connections.sources");
    sources.set(other.slice(1, 0, 1));
    String why = assertThrows(RunException.class, () -> learner.call(x)).getMessage();
    assertTrue(
        why.startsWith(
            "the learner follows connections.sources as it was compiled; compile it again after a"
                + " change. The change[0,0] = -11, expected 0 <= value < 1 (SnapPatternTest.java:"),
        why);
    compiled(model).call(x);
    // Other rules do not follow connections from position to position.
    Learner<Tensor, Tensor> dRtrl = Learner.compile(model, Rule.dRtrl(), x);
    sources.set(listed(RING).states().get("sources").value());
    dRtrl.call(x);
  }

  private static Learner<Tensor, Tensor> compiled(Layer model) {
    return Learner.compile(
        model, m -> new Learner<>(m, Rule.snAp(2), RandomKey.of(7), _ -> {}), normal(8, 1, IN));
  }

  @Test
  void aFullPatternIsSaidToBeOne() {
    assertEquals(0, conservative(job(Masked::new), 2));
    assertEquals(1, conservative(job(Masked::new), N));
    assertEquals(1, conservative(job(Dense::new), 2));
  }

  private static long conservative(Job job, int n) {
    return job.learner(Rule.snAp(n)).report().warnings().stream()
        .filter(d -> d.kind() == Diagnostic.Kind.SNAP_PATTERN_CONSERVATIVE)
        .count();
  }
}
