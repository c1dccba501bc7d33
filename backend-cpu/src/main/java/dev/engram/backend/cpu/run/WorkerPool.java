package dev.engram.backend.cpu.run;

import dev.engram.ir.runtime.Log;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A small fixed pool. The calling thread works too, so a worker that wakes late costs nothing: the
 * caller has done its share. No allocation per run. Workers are daemons; they end when they have
 * been idle for a while and are started again when needed.
 */
public final class WorkerPool {
  /** A worker looks for the next job so long before it parks: nests follow within microseconds. */
  private static final long SPIN_NANOS = 50_000;

  /** A parked worker ends after this long. */
  private static final long IDLE_NANOS = 5_000_000_000L;

  /** After a thread could not be started, this long none is tried again. */
  private static final long RETRY_NANOS = 10_000_000_000L;

  private static final Runnable AT_ONCE = () -> {};

  private final int threads;
  private final @Nullable Worker[] workers;
  private final ReentrantLock oneCaller = new ReentrantLock();
  private final Runnable late;
  private final ThreadFactory fresh;

  private volatile @Nullable Job current;

  /** How many runs there have been; changes after {@link #current}. */
  private volatile long runs;

  /** Whether a thread could not be started, and when that was last. */
  private boolean missed;

  private long missedAt;

  public WorkerPool(int threads) {
    this(threads, AT_ONCE, Thread::new);
  }

  /**
   * @param late is run where a thread may be delayed: by the caller before it publishes a run, by
   *     each thread between its look at a job and its claim of a chunk
   * @param fresh makes threads; they may refuse to start
   */
  WorkerPool(int threads, Runnable late, ThreadFactory fresh) {
    this.threads = threads;
    this.workers = new Worker[threads - 1];
    this.late = late;
    this.fresh = fresh;
  }

  /**
   * A job for this pool: {@code kernel} over [0, end) in chunks of at least {@code grain} points,
   * multiples of {@code unit}.
   */
  Job job(Kernel kernel, KernelArgs args, int end, int grain, int unit) {
    long pieces = (long) kernel.pieces(end / threads) * threads;
    int even = Math.max(grain, (int) ((end + pieces - 1) / pieces));
    int size = (int) Math.min(end, (even + unit - 1L) / unit * unit);
    return new Job(kernel, args, end, threads == 1 ? Math.max(1, end) : Math.max(1, size), threads);
  }

  /**
   * Runs a job, which no other thread may run meanwhile: in the calling thread alone when it has
   * one chunk or the pool is busy. Every chunk has ended when this returns or throws.
   */
  void run(Job job, Scratch scratch) {
    if (job.chunks() <= 1 || !oneCaller.tryLock()) {
      job.runAlone(scratch);
      return;
    }
    try {
      job.begin(late);
      current = job;
      long run = runs + 1;
      runs = run;
      try {
        wake(Math.min(workers.length, job.chunks() - 1), run);
      } finally {
        finish(job, scratch);
      }
      job.rethrow();
    } finally {
      current = null;
      oneCaller.unlock();
    }
  }

  /** Does what no worker has begun, and waits for the rest: whatever happens, nothing is left. */
  private void finish(Job job, Scratch scratch) {
    try {
      job.work(scratch, 0, late);
    } finally {
      job.withdraw();
      job.await();
    }
  }

  private void wake(int wanted, long run) {
    for (int i = 0; i < wanted; i++) {
      Worker w = workers[i];
      if (w == null || !w.tryUse()) {
        Worker started = start(i, run);
        if (started == null) {
          return; // those that run do the work
        }
        workers[i] = started;
      }
    }
  }

  /** A new worker; null where the machine has no thread for it, which is logged once. */
  private @Nullable Worker start(int i, long run) {
    if (missed && System.nanoTime() - missedAt < RETRY_NANOS) {
      return null;
    }
    try {
      Worker w = new Worker(i, run);
      w.thread.start();
      return w;
    } catch (OutOfMemoryError noThread) {
      if (!missed) {
        Log.warning(
            ("no thread could be started for the backend cpu (%s): %d of %d compute; let the"
                    + " process have more threads or memory, or ask for fewer with"
                    + " -Dengram.threads=%d")
                .formatted(noThread.getMessage(), 1 + running(), threads, 1 + running()));
      }
      missed = true;
      missedAt = System.nanoTime();
      return null;
    }
  }

  private int running() {
    int n = 0;
    for (Worker w : workers) {
      n += w == null || w.state.get() == Worker.ENDED ? 0 : 1;
    }
    return n;
  }

  private final class Worker implements Runnable {
    private static final int WORKING = 0;
    private static final int PARKED = 1;
    private static final int ENDED = 2;

    private final Scratch scratch = new Scratch();
    private final AtomicInteger state = new AtomicInteger(WORKING);
    private final Thread thread;

    /** Among the threads of a job, of which the caller is the first. */
    private final int number;

    private long seen;

    Worker(int i, long run) {
      number = i + 1;
      seen = run - 1;
      thread = fresh.newThread(this);
      thread.setName("engram-cpu-" + (i + 1));
      thread.setDaemon(true);
    }

    /** Makes sure that the worker will see the job just published; false when it has ended. */
    boolean tryUse() {
      if (state.get() == WORKING) {
        return true;
      }
      if (state.compareAndSet(PARKED, WORKING)) {
        LockSupport.unpark(thread);
        return true;
      }
      return state.get() == WORKING;
    }

    @Override
    public void run() {
      try {
        while (awaitJob()) {
          seen = runs;
          Job job = current;
          if (job != null) {
            job.work(scratch, number, late);
          }
        }
      } finally {
        state.set(ENDED); // however it ends, the next run that wants it starts another
      }
    }

    private boolean awaitJob() {
      long idle = System.nanoTime();
      int spins = 0;
      while (runs == seen) {
        Thread.onSpinWait();
        if ((++spins & 63) == 0 && System.nanoTime() - idle > SPIN_NANOS) {
          state.set(PARKED);
          long since = System.nanoTime();
          while (runs == seen && state.get() == PARKED) {
            LockSupport.parkNanos(WorkerPool.this, IDLE_NANOS);
            if (System.nanoTime() - since > IDLE_NANOS && state.compareAndSet(PARKED, ENDED)) {
              return false;
            }
          }
          state.set(WORKING);
          idle = System.nanoTime();
        }
      }
      return true;
    }
  }
}
