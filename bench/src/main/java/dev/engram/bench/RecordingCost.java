package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Sgd;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Locale;
import jdk.jfr.Recording;

/**
 * What it costs that the Flight Recorder records programs: one step of D-RTRL at batch 1 (GRU 10 →
 * 128 → 10), in pairs of segments with and without recording that take turns at going first. The
 * time is that of the calling thread on a processor, so that other load on the machine adds little.
 *
 * <pre>
 *   --pairs N            300
 *   --runs N             steps of a segment; 400
 *   --warm-seconds S     minimum time of warm-up; 12
 * </pre>
 */
public final class RecordingCost {
  private static final List<String> EVENTS =
      List.of("dev.engram.Nest", "dev.engram.Program", "dev.engram.Run");

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final Fn1<Tensor, Tensor> step;
  private final Tensor x;
  private final int runs;

  private RecordingCost(Fn1<Tensor, Tensor> step, Tensor x, int runs) {
    this.step = step;
    this.x = x;
    this.runs = runs;
  }

  /** Prints both times and the interval of their ratio. */
  public static void main(String[] args) {
    Options o = Options.of(args, List.of("pairs", "runs", "warm-seconds"));
    Tensor x = HostTensor.full(TensorType.of(DType.F32, 1, TaskSizes.SYMBOLS), 1);
    RecordingCost cost = new RecordingCost(step(x), x, o.integer("runs", 400));
    cost.warmUp(o.number("warm-seconds", 12));
    try (Recording recording = new Recording()) {
      recording.start();
      cost.measure(recording, o.integer("pairs", 300));
    }
  }

  private static Fn1<Tensor, Tensor> step(Tensor x) {
    GruWithReadout model = new GruWithReadout(TaskSizes.standard());
    model.initAllStates();
    Learner learner = Learner.compile(model, m -> new DRtrl(m, _ -> {}), x);
    States weights = learner.weights();
    Sgd sgd = new Sgd(1e-3);
    sgd.register(weights);
    return Engram.jit(
        in -> {
          ValueAndGrad<Grads> g =
              Engram.valueAndGrad(() -> learner.call(in).square().mean(), weights).apply();
          sgd.update(g.grad());
          return g.value();
        });
  }

  private void warmUp(double seconds) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < seconds * 1e9) {
      step.apply(x);
    }
  }

  private void measure(Recording recording, int pairs) {
    double[] off = new double[pairs];
    double[] on = new double[pairs];
    double[] ratio = new double[pairs];
    // The first pairs are for what the JVM compiles for recordings.
    for (int pair = -10; pair < pairs; pair++) {
      double first = segment(recording, pair % 2 == 0);
      double second = segment(recording, pair % 2 != 0);
      if (pair >= 0) {
        on[pair] = pair % 2 == 0 ? first : second;
        off[pair] = pair % 2 == 0 ? second : first;
        ratio[pair] = on[pair] / off[pair];
      }
    }
    Samples ratios = Samples.of(ratio);
    Samples.Interval interval = ratios.median95().orElseThrow();
    System.out.printf(
        Locale.ROOT,
        "step %.1f µs, recorded %.1f µs: %.4f times, 95 %% interval %.4f to %.4f%n",
        Samples.of(off).median(),
        Samples.of(on).median(),
        ratios.median(),
        interval.low(),
        interval.high());
  }

  /** Microseconds of a step. */
  private double segment(Recording recording, boolean recorded) {
    for (String event : EVENTS) {
      if (recorded) {
        recording.enable(event);
      } else {
        recording.disable(event);
      }
    }
    for (int i = 0; i < runs / 8; i++) {
      step.apply(x);
    }
    long start = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < runs; i++) {
      step.apply(x);
    }
    return (threads.getCurrentThreadCpuTime() - start) / 1e3 / runs;
  }
}
