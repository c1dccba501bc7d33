package dev.engram.backend.cpu.run;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Decides when kernels may try their vector versions: one at a time, for a limited share of the
 * time that all kernels work, and only after they have worked for a while, so that short programs
 * have no trials.
 */
public final class TieringBudget {
  private static final long DELAY_NANOS = 500_000_000L;

  /** Trials take at most this fraction, 1/SHARE, of the kernels' time. */
  private static final int SHARE = 2;

  /** A kernel with less than this fraction, 1/LEAST_SHARE, of all the work gets no trials. */
  private static final int LEAST_SHARE = 256;

  private final AtomicBoolean trying = new AtomicBoolean();
  private final AtomicLong credit;
  private final AtomicLong ran = new AtomicLong();

  TieringBudget() {
    this(DELAY_NANOS);
  }

  TieringBudget(long delayNanos) {
    this.credit = new AtomicLong(-delayNanos / SHARE);
  }

  /** True when the caller may try now; it must then call {@link #end}. */
  boolean begin() {
    return credit.getPlain() >= 0 && trying.compareAndSet(false, true);
  }

  /** Records that a trial took this long. */
  void end(long nanos) {
    credit.addAndGet(-nanos);
    trying.set(false);
  }

  /** Records that kernels have worked for this long without a trial. */
  void worked(long nanos) {
    credit.addAndGet(nanos / SHARE);
  }

  /** Records that programs have run for this long, with or without trials. */
  void ran(long nanos) {
    ran.addAndGet(nanos);
  }

  /** True when a kernel that has worked for this long does enough of all the work. */
  boolean worthwhile(long worked) {
    return worked >= ran.getPlain() / LEAST_SHARE;
  }
}
