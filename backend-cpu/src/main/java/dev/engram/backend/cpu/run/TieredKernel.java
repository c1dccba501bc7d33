package dev.engram.backend.cpu.run;

import dev.engram.ir.runtime.Log;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs the scalar twin until the vector version is faster. Both compute the same bits, so the
 * vector version is tried on real rows: a limited share of the time is spent on such trials until
 * they show that the JIT has compiled it. A vector version that never gets faster is given up. A
 * kernel with a small share of the work stays with its twin: it would be tried too rarely for the
 * JIT to compile it, and interpreted vector code allocates.
 */
public final class TieredKernel implements Kernel {
  /** Time after which a trial ends. */
  private static final long SLICE_NANOS = 3_000_000;

  /** Trials take at most this many times as long as the twin has worked. */
  private static final int SHARE = 2;

  /** After this much time in trials without success, they become rare. */
  private static final long LATER_NANOS = 1_000_000_000L;

  /** After this much time in trials, there are no more. */
  private static final long LAST_NANOS = 2_000_000_000L;

  private static final int LATER = 64;

  /** A kernel that has worked less than this gets no vector version. */
  private static final long FIRST_NANOS = 10_000_000;

  /** A trial of code that is not compiled yet starts with touches for this long. */
  private static final long TOUCH_NANOS = 1_000_000;

  private static final int WINS_TO_SWITCH = 3;

  private final Kernel scalar;
  private final int unit;
  private final IntFunction<? extends @Nullable Candidate> vectorSource;
  private final TieringBudget trials;
  private volatile @Nullable Kernel chosen;

  // Guarded by the permission that TieringBudget gives for a trial.
  private @Nullable Candidate vector;
  private boolean looksCompiled;
  private int touches;
  private int wins;

  // Written by several threads without synchronization, since it need not be exact. Points are
  // weighted by their work.
  private double scalarNanosPerPoint;

  /** Nanoseconds that the twin has worked; below, those that trials have taken. */
  private long worked;

  private long tried;

  /**
   * @param unit points that the vector version takes at a time
   * @param vectorSource makes the vector version, with as many points to touch as a run has, or
   *     fewer; returns null if there is none after all
   */
  public TieredKernel(
      Kernel scalar,
      int unit,
      IntFunction<? extends @Nullable Candidate> vectorSource,
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
      // a recent minimum: a thread that was descheduled must not make the twin look slow
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

  /** Runs the vector version for a while; returns the first point that it has not done. */
  private int trial(KernelArgs frame, Scratch scratch, int begin, int end) {
    Candidate found = ready(frame, scratch, begin, end);
    if (found == null) {
      choose(scalar);
      return begin;
    }
    Kernel v = found.kernel();
    long start = System.nanoTime();
    int at = begin;
    if (looksCompiled) {
      v.run(frame, scratch, begin, end);
      at = end;
    } else {
      // Small calls count as many invocations; one and two units in turn, so that the profile sees
      // the loop's back edge taken.
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
      choose(v);
    } else if (tried > LAST_NANOS) {
      choose(scalar);
    }
    return at;
  }

  private void choose(Kernel best) {
    chosen = best;
    vector = null;
  }

  /** The vector version, its code linked; null where there is none, or none that this JVM takes. */
  private @Nullable Candidate ready(KernelArgs frame, Scratch scratch, int begin, int end) {
    try {
      Candidate v = vector;
      if (v == null) {
        v = vectorSource.apply(end - begin);
        vector = v;
      }
      if (v != null && !looksCompiled) {
        touch(v, frame, scratch, begin);
      }
      return v;
    } catch (LinkageError | OutOfMemoryError e) {
      // No point has been run, and the twin gives the same bits.
      Log.warning("a loop stays in scalar code, its vector code cannot be used: " + e);
      return null;
    }
  }

  // Invocations are what the JIT's thresholds look at first, and those without points are cheap
  // while the code is not compiled. What it sees turn hardly ever it takes for rare, though.
  private void touch(Candidate v, KernelArgs frame, Scratch scratch, int begin) {
    Candidate.Points own = v.points();
    if (own != null) {
      own.refresh();
    }
    long start = System.nanoTime();
    do {
      if (own == null || touches < own.from() || touches % own.each() != 0) {
        v.kernel().run(frame, scratch, begin, begin);
      } else {
        v.kernel().run(own.args(), scratch, 0, own.count());
      }
      touches++;
    } while (System.nanoTime() - start < TOUCH_NANOS);
  }
}
