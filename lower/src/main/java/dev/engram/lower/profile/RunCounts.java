package dev.engram.lower.profile;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The counts of runs that follow each other, one at a time; see {@link ProgramProfile}. Only the
 * thread of the run writes them; the thread of the Flight Recorder reads them, also during a run.
 *
 * <p>Calls are counted in every run. Where nests are so small that the clock would take more than
 * {@link #MOST_SHARE} of the time, only some runs are timed, chosen at random. A run that is not
 * timed took its time in the same parts as the last one that was. So the nests of all runs take at
 * most as long as the runs.
 */
public final class RunCounts implements NestClock, AutoCloseable {
  /** The clock takes at most this share of the time, over many runs. */
  private static final double MOST_SHARE = 0.003;

  /** At most so many runs are left out between two that are timed, on average. */
  private static final double MOST_LEFT_OUT = 1000;

  // Elements are written by one thread and read by another, at any time.
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

  private final ProgramCounts owner;

  /** For each nest, in all runs. */
  private final long[] calls;

  /** For each nest, in the runs that have ended. */
  private final long[] nanos;

  /** For each nest, in the run that is timed now. */
  private final long[] now;

  /** For each nest, in the last run that was timed, which took {@code lastRun}. */
  private final long[] last;

  private long lastRun = 1;

  /** Of the runs that have ended since. */
  private long untimedNanos;

  private long runs;
  private long runNanos;

  /** When the run of now began. */
  private long began;

  private boolean running;
  private boolean timed;

  /** Calls in the run of now. */
  private long looks;

  /** So many runs will not be timed. */
  private int leftOut;

  private @Nullable RunEvent event;

  RunCounts(ProgramCounts owner, int nests) {
    this.owner = owner;
    this.calls = new long[nests];
    this.nanos = new long[nests];
    this.now = new long[nests];
    this.last = new long[nests];
  }

  synchronized void begin(RunEvent e) {
    event = e;
    timed = leftOut == 0;
    leftOut = Math.max(0, leftOut - 1);
    looks = 0;
    running = true;
    began = System.nanoTime();
  }

  @Override
  public boolean isTimed() {
    return timed;
  }

  @Override
  public long start() {
    return timed ? System.nanoTime() : 0;
  }

  @Override
  public void end(int nest, long start) {
    ELEMENT.setOpaque(calls, nest, calls[nest] + 1);
    if (timed) {
      looks++;
      ELEMENT.setOpaque(now, nest, now[nest] + (System.nanoTime() - start));
    }
  }

  @Override
  public void add(int nest, long more, long took) {
    ELEMENT.setOpaque(calls, nest, calls[nest] + more);
    if (timed) {
      looks += more;
      ELEMENT.setOpaque(now, nest, now[nest] + took);
    }
  }

  /** Ends the run. */
  @Override
  public void close() {
    RunEvent e = event;
    event = null;
    endRun();
    owner.give(this);
    if (e != null) {
      e.commit();
    }
  }

  private synchronized void endRun() {
    long ran = Math.max(1, System.nanoTime() - began);
    running = false;
    runs++;
    runNanos += ran;
    if (!timed) {
      untimedNanos += ran;
      return;
    }
    settle();
    for (int i = 0; i < now.length; i++) {
      nanos[i] += now[i];
      last[i] = now[i];
      ELEMENT.setOpaque(now, i, 0L);
    }
    lastRun = ran;
    leftOut = leftOut(looks, ran);
  }

  /** Divides the time of runs that were not timed among the nests. */
  private void settle() {
    if (untimedNanos > 0) {
      double as = (double) untimedNanos / lastRun;
      for (int i = 0; i < nanos.length; i++) {
        nanos[i] += (long) (last[i] * as);
      }
      untimedNanos = 0;
    }
  }

  // Of 1 + n runs one is timed: looks · 2 clock ≤ share · (1 + n) · ran. With a random number of
  // runs between them, what a program does every k-th time is timed as often as all else.
  private static int leftOut(long looks, long ran) {
    double n = 2 * Recorder.CLOCK_NANOS * looks / (MOST_SHARE * ran) - 1;
    return n <= 0
        ? 0
        : (int) ThreadLocalRandom.current().nextDouble(2 * Math.min(n, MOST_LEFT_OUT) + 1);
  }

  /** Adds everything up to now. */
  synchronized void addTo(RunTotals sum) {
    settle();
    for (int i = 0; i < calls.length; i++) {
      sum.calls[i] += (long) ELEMENT.getOpaque(calls, i);
      sum.nanos[i] += nanos[i] + (long) ELEMENT.getOpaque(now, i);
    }
    sum.runs += runs;
    sum.runNanos += runNanos + (running ? System.nanoTime() - began : 0);
  }
}
