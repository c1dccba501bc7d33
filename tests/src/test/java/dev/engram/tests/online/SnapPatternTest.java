package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Connectivity;
import dev.engram.nn.SparseLinear;
import dev.engram.sparse.Coo;
import dev.engram.testkit.Close;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

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

  /** Connections that are stored in a state are only known at run time. */
  private static final class Listed extends Ring {
    private final SparseLinear connections =
        new SparseLinear(
            Connectivity.of(N, List.of(at(4), at(0), at(1), at(2), at(3))),
            RandomKey.of(3),
            DType.F64);

    Listed() {
      super(R);
    }

    private static int[] at(int source) {
      return new int[] {source};
    }

    @Override
    Tensor recurrent(Tensor old) {
      return connections.update(old);
    }
  }

  @Test
  void connectionsThatAStateHoldsAreFollowedEverywhere() {
    Job listed = job(Listed::new);
    Grads want = listed.bptt();
    for (String path : List.of("connections.weight", "w")) {
      Close.check(path, listed.online(Rule.snAp(2)).get(path).host(), want.get(path).host());
    }
    assertFalse(Job.different(listed.online(Rule.snAp(1)), want).isEmpty());
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
