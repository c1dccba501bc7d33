package dev.engram.backend.cpu.run;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The scalar twin until the vector version is faster. Both give the same bits, so the vector
 * version is tried on real rows: a small share of the time goes into such trials until they show
 * that the JIT has compiled it. One that never gets faster is given up. A kernel with little of the
 * work stays with its twin: it would be tried too seldom for the JIT ever to compile it, and vector
 * code that is interpreted allocates.
 */
public final class TieredKernel implements Kernel {
  /** A trial ends after so long. */
  private static final long SLICE_NANOS = 3_000_000;

  /** Trials take at most so many times the time that the twin has worked. */
  private static final int SHARE = 2;

  /** Trials that have taken so long were of no use so far: they become rare. */
  private static final long LATER_NANOS = 1_000_000_000L;

  /** Trials that have taken so long are the last. */
  private static final long LAST_NANOS = 2_000_000_000L;

  private static final int LATER = 64;

  /** A kernel that has not worked so long is not worth a class of vector code. */
  private static final long FIRST_NANOS = 10_000_000;

  /** A trial of code that is not compiled starts with empty invocations, for so long. */
  private static final long TOUCH_NANOS = 1_000_000;

  private static final int TOUCHES = 25;

  private static final int WINS_TO_SWITCH = 3;

  private final Kernel scalar;
  private final int unit;
  private final Supplier<? extends @Nullable Kernel> vectorSource;
  private final TieringBudget trials;
  private volatile @Nullable Kernel chosen;

  // Guarded by the permission to try.
  private @Nullable Kernel vector;
  private boolean looksCompiled;
  private int wins;

  // Written by several threads, none of which needs it exact. A point counts as much as its work.
  private double scalarNanosPerPoint;

  /** How long the twin has worked, and how long trials have taken. */
  private long worked;

  private long tried;

  /**
   * @param unit points that the vector version takes at a time
   * @param vectorSource gives the vector version, or null where there is none after all
   */
  public TieredKernel(
      Kernel scalar,
      int unit,
      Supplier<? extends @Nullable Kernel> vectorSource,
      TieringBudget trials) {
    this.scalar = scalar;
    this.unit = unit;
    this.vectorSource = vectorSource;
    this.trials = trials;
  }

  @Override
  public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
    Kernel c = chosen;
    if (c != null) {
      c.run(frame, scratch, begin, end);
      return;
    }
    int from = begin;
    if (mayTry() && trials.begin()) {
      long t = System.nanoTime();
      try {
        from = trial(frame, scratch, begin, end);
      } finally {
        t = System.nanoTime() - t;
        tried += t;
        trials.end(t);
      }
    }
    if (from < end) {
      long t = System.nanoTime();
      scalar.run(frame, scratch, from, end);
      t = System.nanoTime() - t;
      trials.worked(t);
      worked += t;
      // the least of late: a thread that lost its core must not make the twin look slow
      double per = t / work(frame, end - from);
      double known = scalarNanosPerPoint;
      scalarNanosPerPoint = known == 0 ? per : Math.min(per, known * 1.02);
    }
  }

  private double work(KernelArgs frame, int points) {
    return (double) points * scalar.work(frame);
  }

  private boolean mayTry() {
    long most = SHARE * worked;
    if (most > LATER_NANOS) {
      most = LATER_NANOS + (most - LATER_NANOS) / LATER;
    }
    return worked > FIRST_NANOS && tried < most && trials.worthwhile(worked);
  }

  /** Runs the vector version for a while; gives the first point that it has not done. */
  private int trial(KernelArgs frame, Scratch scratch, int begin, int end) {
    Kernel v = vector;
    if (v == null) {
      v = vectorSource.get();
      if (v == null) {
        chosen = scalar;
        return begin;
      }
      vector = v;
    }
    if (!looksCompiled) {
      touch(v, frame, scratch, begin, end);
    }
    long start = System.nanoTime();
    int at = begin;
    if (looksCompiled) {
      v.run(frame, scratch, begin, end);
      at = end;
    } else {
      // Small calls count as many invocations, too; one and two units in turn, so that the loop's
      // back edge is seen taken.
      int step = unit;
      while (at < end && System.nanoTime() - start < SLICE_NANOS) {
        int to = Math.min(end, at + step);
        v.run(frame, scratch, at, to);
        at = to;
        step = 3 * unit - step;
      }
    }
    double per = (System.nanoTime() - start) / work(frame, at - begin);
    wins = per < scalarNanosPerPoint ? wins + 1 : 0;
    looksCompiled = per < 2 * scalarNanosPerPoint;
    if (wins >= WINS_TO_SWITCH) {
      chosen = v;
    } else if (tried > LAST_NANOS) {
      chosen = scalar;
    }
    return at;
  }

  // Invocations are what the JIT's thresholds look at first, and empty ones are cheap while the
  // code is interpreted.
  private static void touch(Kernel v, KernelArgs frame, Scratch scratch, int begin, int end) {
    long start = System.nanoTime();
    do {
      for (int i = 0; i < TOUCHES; i++) {
        v.touch(frame, scratch, begin, end);
      }
    } while (System.nanoTime() - start < TOUCH_NANOS);
  }
}
