package dev.engram.backend.cpu.run;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A small fixed pool of threads. The calling thread works too. Chunks are claimed from one atomic
 * word (job number, next chunk), so a worker that wakes late costs nothing: the caller has done its
 * share. Jobs allocate nothing. Workers are daemon threads; they end after being idle for a while
 * and are restarted when needed.
 */
public final class WorkerPool {
  private static final VarHandle TICKET;
  private static final VarHandle DONE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TICKET = lookup.findVarHandle(WorkerPool.class, "ticket", long.class);
      DONE = lookup.findVarHandle(WorkerPool.class, "done", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * A worker polls for the next job this long before it parks: nests follow within microseconds.
   */
  private static final long SPIN_NANOS = 50_000;

  /** A parked worker ends after this long. */
  private static final long IDLE_NANOS = 5_000_000_000L;

  private final int threads;
  private final @Nullable Worker[] workers;
  private final ReentrantLock oneCaller = new ReentrantLock();

  // The job: written by the caller before `ticket` is published, stable until its last chunk is
  // done.
  private @Nullable Kernel kernel;
  private @Nullable KernelArgs frame;
  private int begin;
  private int end;
  private int chunk;
  private int chunks;
  private volatile long ticket; // job << 32 | next chunk
  private volatile int done;
  private volatile @Nullable Throwable failure;

  public WorkerPool(int threads) {
    this.threads = threads;
    this.workers = new Worker[threads - 1];
  }

  /**
   * Runs {@code kernel} over [0, end) in chunks of at least {@code grain} that are multiples of
   * {@code unit}; in the calling thread alone when there is only one chunk or the pool is busy.
   */
  void run(Kernel kernel, KernelArgs frame, Scratch scratch, int end, int grain, int unit) {
    int even = Math.max(grain, (end + 4 * threads - 1) / (4 * threads));
    int size = (int) Math.min(end, (even + unit - 1L) / unit * unit);
    if (threads == 1 || end <= size || !oneCaller.tryLock()) {
      kernel.run(frame, scratch, 0, end);
      return;
    }
    try {
      this.kernel = kernel;
      this.frame = frame;
      this.begin = 0;
      this.end = end;
      chunk = size;
      chunks = (end + size - 1) / size;
      done = 0;
      long job = (ticket >>> 32) + 1;
      ticket = job << 32;
      wake(Math.min(workers.length, chunks - 1));
      work(job, scratch);
      int spins = 0;
      while (done < chunks) {
        if (++spins < 2000) {
          Thread.onSpinWait();
        } else {
          Thread.yield();
        }
      }
      Throwable f = failure;
      if (f != null) {
        failure = null;
        rethrow(f);
      }
    } finally {
      this.kernel = null;
      this.frame = null;
      oneCaller.unlock();
    }
  }

  private static void rethrow(Throwable f) {
    switch (f) {
      case Error e -> throw e;
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException(f);
    }
  }

  private void wake(int wanted) {
    for (int i = 0; i < wanted; i++) {
      Worker w = workers[i];
      if (w == null || !w.tryUse()) {
        w = new Worker(i, ticket >>> 32);
        workers[i] = w;
        w.start();
      }
    }
  }

  private void work(long job, Scratch scratch) {
    while (true) {
      long t = ticket;
      int next = (int) t;
      if (t >>> 32 != job || next >= chunks) {
        return;
      }
      Kernel k = kernel;
      KernelArgs f = frame;
      int from = begin + next * chunk;
      int to = Math.min(from + chunk, end);
      if (k != null && f != null && TICKET.compareAndSet(this, t, t + 1)) {
        try {
          k.run(f, scratch, from, to);
        } catch (RuntimeException | Error e) {
          failure = e;
        } finally {
          DONE.getAndAdd(this, 1);
        }
      }
    }
  }

  private final class Worker extends Thread {
    private static final int WORKING = 0;
    private static final int PARKED = 1;
    private static final int ENDED = 2;

    private final Scratch scratch = new Scratch();
    private final AtomicInteger state = new AtomicInteger(WORKING);
    private long seen;

    Worker(int i, long job) {
      super("engram-cpu-" + (i + 1));
      setDaemon(true);
      seen = job - 1;
    }

    /** Makes sure that the worker will see the job just published; false when it has ended. */
    boolean tryUse() {
      if (state.get() == WORKING) {
        return true;
      }
      if (state.compareAndSet(PARKED, WORKING)) {
        LockSupport.unpark(this);
        return true;
      }
      return state.get() == WORKING;
    }

    @Override
    public void run() {
      while (awaitJob()) {
        seen = ticket >>> 32;
        work(seen, scratch);
      }
    }

    private boolean awaitJob() {
      long idle = System.nanoTime();
      int spins = 0;
      while (ticket >>> 32 == seen) {
        Thread.onSpinWait();
        if ((++spins & 63) == 0 && System.nanoTime() - idle > SPIN_NANOS) {
          state.set(PARKED);
          long since = System.nanoTime();
          while (ticket >>> 32 == seen && state.get() == PARKED) {
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
