package dev.engram.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Measures in steady state: warms up for a minimum time and number of runs, then takes samples.
 *
 * @param seconds minimum seconds of warm-up
 * @param runs minimum runs of warm-up
 * @param samples measurements taken
 */
record Steady(double seconds, int runs, int samples) {

  /** Reads {@code --warm-seconds} and {@code --iterations}. */
  static Steady of(Options o) {
    return new Steady(o.number("warm-seconds", 8), 5, o.integer("iterations", 30));
  }

  /** Measures the nanoseconds of each run. */
  Samples nanos(Runnable run) {
    return growth(run, System::nanoTime);
  }

  /** Measures the growth of {@code meter} in each run. */
  Samples growth(Runnable run, LongSupplier meter) {
    warm(run);
    List<Double> out = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      long before = meter.getAsLong();
      run.run();
      out.add((double) (meter.getAsLong() - before));
    }
    return new Samples(out);
  }

  private void warm(Runnable run) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (int i = 0; i < runs || System.nanoTime() < end; i++) {
      run.run();
    }
  }
}
