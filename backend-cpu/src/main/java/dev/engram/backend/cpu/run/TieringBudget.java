package dev.engram.backend.cpu.run;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * When kernels may try their vector versions: one at a time, for a share of the time that all of
 * them work, and not before they have worked for a while, so that short programs end without one.
 */
public final class TieringBudget {
  private static final long DELAY_NANOS = 500_000_000L;

  /** Trials take at most one part in so many of the kernels' time. */
  private static final int SHARE = 2;

  /** A kernel that does less than one part in so many of all the work is not worth trials. */
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

  /** A trial took so long. */
  void end(long nanos) {
    credit.addAndGet(-nanos);
    trying.set(false);
  }

  /** Kernels have worked for so long without a trial. */
  void worked(long nanos) {
    credit.addAndGet(nanos / SHARE);
  }

  /** Programs have run for so long, whatever ran in them. */
  void ran(long nanos) {
    ran.addAndGet(nanos);
  }

  /** True when a kernel that has worked for so long does enough of the work. */
  boolean worthwhile(long worked) {
    return worked >= ran.getPlain() / LEAST_SHARE;
  }
}
