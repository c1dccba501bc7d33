package dev.engram.bench;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts of times, in steps of 2 % from 100 ns on; several threads may add to them. */
final class Latencies {
  private static final double FIRST_NANOS = 100;
  private static final double STEP = Math.log(1.02);
  private static final int STEPS = 1200;

  private final AtomicLongArray counts = new AtomicLongArray(STEPS);
  private final AtomicLongArray longest = new AtomicLongArray(1);

  void add(long nanos) {
    double at = Math.log(Math.max(1, nanos / FIRST_NANOS)) / STEP;
    counts.incrementAndGet((int) Math.min(STEPS - 1, at));
    longest.accumulateAndGet(0, nanos, Math::max);
  }

  long count() {
    long n = 0;
    for (int i = 0; i < STEPS; i++) {
      n += counts.get(i);
    }
    return n;
  }

  /** So many microseconds or less took this part of all, from 0 to 1. */
  double micros(double part) {
    long left = (long) Math.ceil(part * count());
    for (int i = 0; i < STEPS; i++) {
      left -= counts.get(i);
      if (left <= 0) {
        return FIRST_NANOS * Math.exp((i + 1) * STEP) / 1000;
      }
    }
    return mostMicros();
  }

  double mostMicros() {
    return longest.get(0) / 1000.0;
  }
}
