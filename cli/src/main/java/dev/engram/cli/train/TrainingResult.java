package dev.engram.cli.train;

import dev.engram.cli.terminal.ProgressBar;
import dev.engram.cli.terminal.Terminal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The result of one training.
 *
 * @param values of each metric in each iteration, {@code [metrics][iterations]}
 * @param seconds duration of the whole training
 * @param firstStep seconds until the first iteration was done
 */
public record TrainingResult(Run run, double[][] values, double seconds, double firstStep) {

  /**
   * The subject of a training.
   *
   * @param name of the learning rule, for legends
   * @param metrics the first is shown as the loss
   * @param bytes planned memory: inputs, results and everything in between
   * @param start when it began, in {@link System#nanoTime}
   */
  public record Run(String name, List<String> metrics, long bytes, long start) {}

  /** Runs one iteration and returns the values of the metrics. */
  @FunctionalInterface
  public interface Iteration {
    double[] run(int iteration);
  }

  private static final int EVERY = 50;
  private static final int LAST = 10;

  /** Runs all iterations. */
  static TrainingResult train(Terminal terminal, Run run, int iterations, Iteration step) {
    double[][] values = new double[run.metrics.size()][iterations];
    double firstStep = 0;
    try (ProgressBar bar = terminal.progress(run.name, iterations)) {
      for (int i = 0; i < iterations; i++) {
        double[] now = step.run(i);
        for (int m = 0; m < values.length; m++) {
          values[m][i] = now[m];
        }
        firstStep = i == 0 ? seconds(run.start) : firstStep;
        bar.update(i + 1L, now[0]);
        if (i % EVERY == 0) {
          bar.println(terminal.out(), line(run, i, now));
        }
      }
    }
    return new TrainingResult(run, values, seconds(run.start), firstStep);
  }

  private static String line(Run run, int i, double[] now) {
    StringBuilder text = new StringBuilder(run.name + ": step " + i);
    for (int m = 0; m < now.length; m++) {
      text.append(String.format(Locale.ROOT, ", %s %.4f", run.metrics.get(m), now[m]));
    }
    return text.toString();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  public String name() {
    return run.name;
  }

  /** Returns the mean of the last values of a metric. */
  public double end(int metric) {
    double[] v = values[metric];
    int from = Math.max(0, v.length - LAST);
    return Arrays.stream(v, from, v.length).average().orElseThrow();
  }

  /** {@code loss 2.3026 -> 0.1234, accuracy 0.1000 -> 0.9800 (mean of the last 10), 12.0 s, …}. */
  public String summary() {
    StringBuilder text = new StringBuilder(run.name + ":");
    for (int m = 0; m < values.length; m++) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s %s %.4f -> %.4f",
              m == 0 ? "" : ",",
              run.metrics.get(m),
              values[m][0],
              end(m)));
    }
    int last = Math.min(LAST, values[0].length);
    return text.append(
            String.format(
                Locale.ROOT,
                " (mean of the last %d), %.1f s (first step after %.2f s), peak memory %.1f MB",
                last,
                seconds,
                firstStep,
                run.bytes / 1e6))
        .toString();
  }
}
