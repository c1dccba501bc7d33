package dev.engram.backend.cpu.run;

import dev.engram.ir.runtime.Log;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs the scalar twin until the vector version is faster. Both compute the same bits. A limited
 * share of the time goes to trials of the vector version, until they show that the JIT has compiled
 * it. They run on points of its own, or on real ones where those would take too much memory. One
 * that never gets faster is given up. A kernel with a small share of the work stays with its twin:
 * it would be tried too rarely for the JIT to compile it, and interpreted vector code allocates.
 */
public final class TieredKernel implements Kernel {
  /** Time after which a trial ends, without the comparison. */
  private static final long TRIAL_NANOS = 1_000_000;

  /** Each version runs at least about so long for a comparison. */
  private static final long COMPARE_NANOS = 50_000;

  /** Trials take at most this many times as long as the twin has worked. */
  private static final int SHARE = 2;

  /** After this much time in trials without success, they become rare. */
  private static final long LATER_NANOS = 1_000_000_000L;

  /** After this much time in trials, there are no more. */
  private static final long LAST_NANOS = 2_000_000_000L;

  private static final int LATER = 64;

  /** A kernel that has worked less than this gets no vector version. */
  private static final long FIRST_NANOS = 10_000_000;

  private static final int WINS_TO_SWITCH = 3;

  /** Points of a run that a trial takes at a time: rows of a product's tile. */
  private static final int UNIT = 4;

  private final Kernel scalar;
  private final IntFunction<? extends @Nullable Candidate> vectorSource;
  private final TieringBudget trials;
  private volatile @Nullable Kernel chosen;

  // Guarded by the permission that TieringBudget gives for a trial.
  private @Nullable Candidate vector;
  private int invocations;
  private int winsInARow;

  // Written by several threads without synchronization, since these need not be exact.
  private double scalarNanosPerPoint;

  /** Nanoseconds that the twin has worked. */
  private long worked;

  /** Nanoseconds that trials have taken. */
  private long tried;

  /**
   * @param vectorSource makes the vector version, with as many points of its own as a run has, or
   *     fewer; returns null if there is none after all
   */
  public TieredKernel(
      Kernel scalar,
      IntFunction<? extends @Nullable Candidate> vectorSource,
      TieringBudget trials) {
    this.scalar = scalar;
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
      // a recent minimum: a thread that was descheduled must not make the twin look slow
      double per = (double) t / (end - from);
      double known = scalarNanosPerPoint;
      scalarNanosPerPoint = known == 0 ? per : Math.min(per, known * 1.02);
    }
  }

  private boolean mayTry() {
    long most = SHARE * worked;
    if (most > LATER_NANOS) {
      most = LATER_NANOS + (most - LATER_NANOS) / LATER;
    }
    return worked > FIRST_NANOS && tried < most && trials.worthwhile(worked);
  }

  /** Tries the vector version; returns the first point that it has not done. */
  private int trial(KernelArgs frame, Scratch scratch, int begin, int end) {
    if (chosen != null) {
      return begin; // by another thread, after this one looked
    }
    Candidate v = ready(frame, scratch, begin, end);
    if (v == null) {
      choose(scalar);
      return begin;
    }
    int at = begin;
    boolean wins;
    Candidate.Points own = v.points();
    if (own == null) {
      long start = System.nanoTime();
      at = onReal(v.kernel(), frame, scratch, begin, end);
      double nanos = System.nanoTime() - start;
      wins = nanos / (at - begin) < scalarNanosPerPoint;
    } else {
      try {
        wins = tried(v.kernel(), own, scratch);
      } catch (RuntimeException | LinkageError e) {
        Log.warning("a loop stays in scalar code, its vector code could not be tried: " + e);
        choose(scalar); // what is computed for the user does not depend on it
        return begin;
      }
    }
    winsInARow = wins ? winsInARow + 1 : 0;
    if (winsInARow >= WINS_TO_SWITCH) {
      choose(v.kernel());
    } else if (tried > LAST_NANOS) {
      choose(scalar);
    }
    return at;
  }

  /** The vector version, its code linked; null where there is none, or none that this JVM takes. */
  private @Nullable Candidate ready(KernelArgs frame, Scratch scratch, int begin, int end) {
    try {
      Candidate v = vector;
      if (v == null) {
        v = vectorSource.apply(end - begin);
        if (v != null) {
          v.kernel().run(frame, scratch, begin, begin);
        }
        vector = v;
      }
      return v;
    } catch (LinkageError | OutOfMemoryError e) {
      // No point has been run, and the twin gives the same bits.
      Log.warning("a loop stays in scalar code, its vector code cannot be used: " + e);
      return null;
    }
  }

  private void choose(Kernel best) {
    chosen = best;
    vector = null;
  }

  /** Runs points of the run for a while, where each is too large for one of its own. */
  private static int onReal(Kernel v, KernelArgs frame, Scratch scratch, int begin, int end) {
    long start = System.nanoTime();
    int at = begin;
    do {
      int to = Math.min(end, at + UNIT);
      v.run(frame, scratch, at, to);
      at = to;
    } while (at < end && System.nanoTime() - start < TRIAL_NANOS);
    return at;
  }

  /** Runs the vector version for a while, and then both; true when it is the faster one. */
  private boolean tried(Kernel v, Candidate.Points own, Scratch scratch) {
    own.refresh();
    int before = invocations;
    long start = System.nanoTime();
    do {
      // Invocations are what the JIT's thresholds look at first, and those without points are cheap
      // while the code is not compiled. What it hardly ever sees run it takes for rare, though.
      boolean empty = invocations < own.emptyFirst() || invocations % own.every() != 0;
      v.run(own.args(), scratch, 0, empty ? 0 : own.count());
      invocations++;
    } while (System.nanoTime() - start < TRIAL_NANOS);
    if (before < own.emptyFirst()) {
      return false;
    }
    own.refresh();
    int times = 1;
    long ofVector = nanos(v, own, scratch, times);
    while (ofVector < COMPARE_NANOS) {
      times *= 2;
      ofVector = nanos(v, own, scratch, times);
    }
    own.refresh();
    return ofVector < nanos(scalar, own, scratch, times);
  }

  private static long nanos(Kernel k, Candidate.Points own, Scratch scratch, int times) {
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      k.run(own.args(), scratch, 0, own.count());
    }
    return System.nanoTime() - start;
  }
}
