package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.etrace.KeptPositions;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Connectivity;
import dev.engram.online.Learner;
import dev.engram.online.SnAp;
import dev.engram.optim.Optimizer;
import dev.engram.optim.Sgd;
import dev.engram.sparse.Coo;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;

/**
 * What SnAp-2 costs where recurrent weights are sparse: traces and the time of a step that learns
 * at batch 1, for a net {@code h ← tanh(R h + W x)} in which each position has so many random
 * sources. The time is that of the calling thread on a processor, so that other load on the machine
 * adds little: to be run with {@code -Dengram.threads=1}.
 *
 * <pre>
 *   --hidden N           positions; 256
 *   --degrees LIST       sources of each, separated by commas; 1,4,16,64
 *   --iterations N       steps measured; 30
 *   --warm-seconds S     minimum time of warm-up; 8
 * </pre>
 */
public final class SparseRecurrence {
  private static final int IN = 10;

  /** How the recurrent weights are written. */
  private enum Weights {
    /** A matrix times a constant mask. */
    MASKED("masked"),
    /** A sparse matrix. */
    LISTED("sparse matrix"),
    /** A matrix in which zeros are weights like others. */
    DENSE("dense");

    private final String words;

    Weights(String words) {
      this.words = words;
    }
  }

  private static final class Net extends Layer {
    private final HostTensor sources;
    private final Weights how;
    private final State w;
    private final State r;
    private final State h;

    Net(int hidden, HostTensor sources, Weights how) {
      this.sources = sources;
      this.how = how;
      int degree = sources.dim(1);
      double scale = 1 / Math.sqrt(degree);
      w = parameter(RandomTensors.normal(RandomKey.of(1), Shape.of(IN, hidden), DType.F32));
      Shape shape = how == Weights.LISTED ? Shape.of(hidden * degree) : Shape.of(hidden, hidden);
      r = parameter(RandomTensors.normal(RandomKey.of(2), shape, DType.F32).mul(scale));
      h = hidden(() -> HostTensor.full(TensorType.of(DType.F32, hidden), 0));
    }

    /** {@code [to, from]}. */
    private HostTensor mask() {
      int n = sources.dim(0);
      float[] ones = new float[n * n];
      for (int i = 0; i < sources.type().size(); i++) {
        ones[i / sources.dim(1) * n + (int) sources.getDouble(i)] = 1;
      }
      return HostTensor.of(ones, n, n);
    }

    private Tensor recurrent(Tensor old) {
      int n = sources.dim(0);
      return switch (how) {
        case MASKED -> r.value().mul(mask()).matmul(old);
        case DENSE -> r.value().matmul(old);
        case LISTED -> {
          int degree = sources.dim(1);
          int[] to = new int[n * degree];
          for (int i = 0; i < to.length; i++) {
            to[i] = i / degree;
          }
          Tensor from = sources.reshape(n * degree);
          yield new Coo(r.value(), HostTensor.of(to, to.length), from, n, n).matmul(old);
        }
      };
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor next = recurrent(h.value()).add(x.matmul(w.value())).tanh();
      h.set(next);
      return next;
    }
  }

  private SparseRecurrence() {}

  /** Prints a table. */
  public static void main(String[] args) {
    Options o = Options.of(args, List.of("hidden", "degrees", "iterations", "warm-seconds"));
    int hidden = o.integer("hidden", 256);
    Steady steady = Steady.of(o);
    System.out.println(
        "| recurrent weights | sources | positions kept | traces, MB | until the first step, s"
            + " | step, ms | 95 % |");
    System.out.println("|---|---:|---:|---:|---:|---:|---|");
    for (String degree : o.text("degrees", "1,4,16,64").split(",", -1)) {
      for (Weights how : List.of(Weights.MASKED, Weights.LISTED)) {
        row(hidden, Integer.parseInt(degree), how, steady);
      }
    }
    row(hidden, hidden, Weights.DENSE, steady);
  }

  private static void row(int hidden, int degree, Weights how, Steady steady) {
    HostTensor sources =
        Connectivity.fixedInDegree(hidden, hidden, degree, RandomKey.of(3)).sources();
    long start = System.nanoTime();
    Tensor x = RandomTensors.normal(RandomKey.of(4), Shape.of(1, IN), DType.F32).host();
    Tensor y = RandomTensors.normal(RandomKey.of(5), Shape.of(1, hidden), DType.F32).host();
    Learner<Tensor, Tensor> learner =
        Learner.compile(new Net(hidden, sources, how), m -> new SnAp<>(m, 2, _ -> {}), x);
    States weights = learner.weights();
    Optimizer optimizer = new Sgd(1e-4);
    optimizer.register(weights);
    Fn2<Tensor, Tensor, Tensor> step =
        Engram.jit(
            (Tensor in, Tensor want) -> {
              ValueAndGrad<Grads> g =
                  Engram.valueAndGrad(
                          () -> learner.call(in).sub(want).square().sum().mul(0.5), weights)
                      .apply();
              optimizer.update(g.grad());
              return g.value();
            });
    step.apply(x, y).host();
    double first = (System.nanoTime() - start) / 1e9;
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    Samples ms =
        steady
            .growth(() -> step.apply(x, y).host(), threads::getCurrentThreadCpuTime)
            .map(t -> t / 1e6);
    Samples.Interval interval = ms.median95().orElseThrow();
    KeptPositions kept = learner.report().kept().getFirst();
    List<String> cells = new ArrayList<>();
    cells.add(how.words);
    cells.add(how == Weights.DENSE ? Integer.toString(hidden) : Integer.toString(degree));
    cells.add(kept.most() + " of " + kept.positions());
    cells.add("%.2f".formatted(learner.cost().traceBytes() / 1e6));
    cells.add("%.2f".formatted(first));
    cells.add("%.3g".formatted(ms.median()));
    cells.add("%.3g to %.3g".formatted(interval.low(), interval.high()));
    System.out.println("| " + String.join(" | ", cells) + " |");
  }
}
