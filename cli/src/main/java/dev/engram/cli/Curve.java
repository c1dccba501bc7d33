package dev.engram.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What one training gave.
 *
 * @param name of the way it learned, for legends
 * @param values of each metric in each iteration, {@code [metrics][iterations]}
 * @param seconds for all of it
 * @param firstStep seconds until the first iteration was done
 */
record Curve(
    String name, List<String> metrics, double[][] values, double seconds, double firstStep) {

  /** One iteration: the values of the metrics. */
  @FunctionalInterface
  interface Iteration {
    double[] run(int iteration);
  }

  private static final int EVERY = 50;
  private static final int LAST = 10;

  /**
   * Trains.
   *
   * @param metrics the first is shown as the loss
   * @param start when the training began, in {@link System#nanoTime}
   */
  static Curve train(
      Terminal terminal,
      String name,
      List<String> metrics,
      int iterations,
      long start,
      Iteration step) {
    double[][] values = new double[metrics.size()][iterations];
    double firstStep = 0;
    try (ProgressBar bar = terminal.progress(name, iterations)) {
      for (int i = 0; i < iterations; i++) {
        double[] now = step.run(i);
        for (int m = 0; m < values.length; m++) {
          values[m][i] = now[m];
        }
        firstStep = i == 0 ? seconds(start) : firstStep;
        bar.update(i + 1L, now[0]);
        if (i % EVERY == 0) {
          bar.println(terminal.out(), line(name, metrics, i, now));
        }
      }
    }
    return new Curve(name, metrics, values, seconds(start), firstStep);
  }

  private static String line(String name, List<String> metrics, int i, double[] now) {
    StringBuilder text = new StringBuilder(name + ": step " + i);
    for (int m = 0; m < now.length; m++) {
      text.append(String.format(Locale.ROOT, ", %s %.4f", metrics.get(m), now[m]));
    }
    return text.toString();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** The mean of the last values of a metric. */
  double end(int metric) {
    double[] v = values[metric];
    int from = Math.max(0, v.length - LAST);
    return Arrays.stream(v, from, v.length).average().orElseThrow();
  }

  /** {@code loss 2.3026 -> 0.1234, accuracy 0.1000 -> 0.9800 (mean of the last 10), 12.0 s}. */
  String summary() {
    StringBuilder text = new StringBuilder(name + ":");
    for (int m = 0; m < values.length; m++) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s %s %.4f -> %.4f",
              m == 0 ? "" : ",",
              metrics.get(m),
              values[m][0],
              end(m)));
    }
    int last = Math.min(LAST, values[0].length);
    return text.append(
            String.format(
                Locale.ROOT,
                " (mean of the last %d), %.1f s (first step after %.2f s)",
                last,
                seconds,
                firstStep))
        .toString();
  }
}
