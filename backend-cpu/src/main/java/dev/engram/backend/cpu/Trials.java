package dev.engram.backend.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * When kernels may try their vector versions: one at a time, and not before the program has run for
 * a while, so that short programs end without one.
 */
final class Trials {
  private static final long DELAY_NANOS = 500_000_000L;

  private final long delayNanos;
  private final AtomicBoolean trying = new AtomicBoolean();
  private final AtomicLong worked = new AtomicLong();

  Trials() {
    this(DELAY_NANOS);
  }

  Trials(long delayNanos) {
    this.delayNanos = delayNanos;
  }

  /** True when the caller may try now; it must then call {@link #end}. */
  boolean begin() {
    return worked.getPlain() >= delayNanos && trying.compareAndSet(false, true);
  }

  void end() {
    trying.set(false);
  }

  /** Kernels have run for so long without a trial. */
  void worked(long nanos) {
    worked.addAndGet(nanos);
  }
}
