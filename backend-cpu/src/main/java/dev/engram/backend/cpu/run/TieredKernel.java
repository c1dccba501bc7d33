package dev.engram.backend.cpu.run;

import dev.engram.ir.runtime.Log;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs the scalar twin until the vector version is faster. Both compute the same bits. A limited
 * share of the time is spent on trials, in which the vector version is run on points of its own,
 * until they show that the JIT has compiled it. One that never gets faster is given up. A kernel
 * with a small share of the work stays with its twin: it would be tried too rarely for the JIT to
 * compile it, and interpreted vector code allocates.
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

  private final Kernel scalar;
  private final IntFunction<? extends @Nullable Candidate> vectorSource;
  private final TieringBudget trials;
  private volatile @Nullable Kernel chosen;

  // Guarded by the permission that TieringBudget gives for a trial.
  private @Nullable Candidate vector;
  private int touches;
  private int wins;

  // Written by several threads without synchronization, since they need not be exact.

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
    long t = System.nanoTime();
    scalar.run(frame, scratch, begin, end);
    t = System.nanoTime() - t;
    trials.worked(t);
    worked += t;
    if (mayTry() && trials.begin()) {
      t = System.nanoTime();
      try {
        trial(scratch, end - begin);
      } finally {
        t = System.nanoTime() - t;
        tried += t;
        trials.end(t);
      }
    }
  }

  private boolean mayTry() {
    long most = SHARE * worked;
    if (most > LATER_NANOS) {
      most = LATER_NANOS + (most - LATER_NANOS) / LATER;
    }
    return worked > FIRST_NANOS && tried < most && trials.worthwhile(worked);
  }

  private void trial(Scratch scratch, int points) {
    if (chosen != null) {
      return; // by another thread, since this one looked
    }
    try {
      Candidate v = vector;
      if (v == null) {
        v = vectorSource.apply(points);
        vector = v;
      }
      if (v == null) {
        choose(scalar);
      } else if (v.points() == null) {
        // Each point is so long that the JIT compiles the loops in it while they run.
        choose(v.kernel());
      } else {
        wins = wins(v.kernel(), v.points(), scratch) ? wins + 1 : 0;
        if (wins >= WINS_TO_SWITCH) {
          choose(v.kernel());
        } else if (tried > LAST_NANOS) {
          choose(scalar);
        }
      }
    } catch (LinkageError | OutOfMemoryError e) {
      Log.warning("a loop stays in scalar code, its vector code cannot be used: " + e);
      choose(scalar);
    }
  }

  private void choose(Kernel best) {
    chosen = best;
    vector = null;
  }

  /** Runs the vector version for a while, and then both; true when it is the faster one. */
  private boolean wins(Kernel v, Candidate.Points own, Scratch scratch) {
    own.refresh();
    int before = touches;
    long start = System.nanoTime();
    do {
      // Invocations are what the JIT's thresholds look at first, and those without points are cheap
      // while the code is not compiled. What it sees turn hardly ever it takes for rare, though.
      boolean empty = touches < own.from() || touches % own.each() != 0;
      v.run(own.args(), scratch, 0, empty ? 0 : own.count());
      touches++;
    } while (System.nanoTime() - start < TRIAL_NANOS);
    if (before < own.from()) {
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
