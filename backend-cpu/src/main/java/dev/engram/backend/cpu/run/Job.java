package dev.engram.backend.cpu.run;

import dev.engram.ir.runtime.Thrown;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A kernel over a range of points in chunks, which threads claim one by one; made once and run many
 * times.
 *
 * <p>What the job is never changes, and each run of it has a number, which stands in one word with
 * the next chunk. So a thread that comes late, however late, either gets a chunk of a run that is
 * still going on, or none.
 */
final class Job {
  /** A thread that waits for others looks so long before it parks. */
  private static final long SPIN_NANOS = 20_000;

  private static final VarHandle NEXT;
  private static final VarHandle ENDED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      NEXT = lookup.findVarHandle(Job.class, "next", long.class);
      ENDED = lookup.findVarHandle(Job.class, "ended", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Kernel kernel;
  private final KernelArgs args;
  private final int end;
  private final int size;
  private final int chunks;

  /** The number of the run, shifted left by 32, and its next chunk. */
  private volatile long next;

  /** How many chunks of this run have ended. */
  private volatile int ended;

  private volatile @Nullable Throwable failure;

  /** The thread that {@link #await}s the end, once it has given up its processor. */
  private volatile @Nullable Thread waiting;

  /**
   * {@code kernel} over [0, end).
   *
   * @param size points of a chunk, the last of which may have fewer
   */
  Job(Kernel kernel, KernelArgs args, int end, int size) {
    this.kernel = kernel;
    this.args = args;
    this.end = end;
    this.size = size;
    this.chunks = (int) (((long) end + size - 1) / size);
    this.next = chunks;
  }

  int chunks() {
    return chunks;
  }

  /** All of it in this thread, at once. */
  void runAlone(Scratch scratch) {
    kernel.run(args, scratch, 0, end);
  }

  /**
   * Starts a run. Only when the one before has ended.
   *
   * @param late waits before the chunks can be claimed; for tests
   */
  void begin(Runnable late) {
    failure = null;
    ended = 0;
    late.run();
    next = ((next >>> 32) + 1) << 32;
  }

  /**
   * Runs chunks until none is left to claim.
   *
   * @param late waits before a claim; for tests
   */
  void work(Scratch scratch, Runnable late) {
    while (true) {
      long claim = next;
      int chunk = (int) claim;
      if (chunk >= chunks) {
        return;
      }
      late.run();
      if (!NEXT.compareAndSet(this, claim, claim + 1)) {
        continue;
      }
      try {
        int from = chunk * size;
        kernel.run(args, scratch, from, (int) Math.min((long) from + size, end));
      } catch (Throwable t) {
        failure = t;
      } finally {
        end(1);
      }
    }
  }

  private void end(int more) {
    int before = (int) ENDED.getAndAdd(this, more);
    if (before + more == chunks) {
      Thread w = waiting;
      if (w != null) {
        LockSupport.unpark(w);
      }
    }
  }

  /**
   * Waits until no thread works on this run any more, nor ever will. After a while the processor is
   * given up: where another process keeps a processor busy, a thread that waits there behind it can
   * only come here when this one is idle.
   */
  void await() {
    long since = System.nanoTime();
    int spins = 0;
    while (ended != chunks) {
      Thread.onSpinWait();
      if ((++spins & 63) == 0 && System.nanoTime() - since > SPIN_NANOS) {
        waiting = Thread.currentThread();
        while (ended != chunks) {
          if (Thread.currentThread().isInterrupted()) {
            Thread.yield(); // it would not park
          } else {
            LockSupport.park(this);
          }
        }
        waiting = null;
      }
    }
  }

  /**
   * Takes the chunks that no thread has begun, for good: where the caller cannot do its share, the
   * run has to end without them.
   */
  void withdraw() {
    long claim = next;
    while ((int) claim < chunks) {
      if (NEXT.compareAndSet(this, claim, claim - (int) claim + chunks)) {
        end(chunks - (int) claim);
        return;
      }
      claim = next;
    }
  }

  /** Throws what a chunk of the run threw. */
  void rethrow() {
    Throwable f = failure;
    if (f != null) {
      failure = null;
      throw Thrown.unchecked(f);
    }
  }
}
