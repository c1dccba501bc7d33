package dev.engram.bench;

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
  private final Runnable step;
  private final int runs;

  private RecordingCost(Runnable step, int runs) {
    this.step = step;
    this.runs = runs;
  }

  /** Prints both times and the interval of their ratio. */
  public static void main(String[] args) {
    Options o = Options.of(args, List.of("pairs", "runs", "warm-seconds"));
    Runnable step = StreamingStep.repeated(StreamedNet.SGD, TaskSizes.standard().withBatch(1));
    RecordingCost cost = new RecordingCost(step, o.integer("runs", 400));
    cost.warmUp(o.number("warm-seconds", 12));
    try (Recording recording = new Recording()) {
      recording.start();
      cost.measure(recording, o.integer("pairs", 300));
    }
  }

  private void warmUp(double seconds) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < seconds * 1e9) {
      step.run();
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
      step.run();
    }
    long start = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < runs; i++) {
      step.run();
    }
    return (threads.getCurrentThreadCpuTime() - start) / 1e3 / runs;
  }
}
