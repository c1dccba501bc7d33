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
 * <p>Of up to {@value #MOST_IN_MASK} chunks, each thread first claims those of its own part of the
 * range, which is the same in every run, and of every job with as many points: what they work on is
 * in its cache. Then it takes the last ones of the others. More chunks are claimed in order.
 *
 * <p>What the job is never changes, and each run of it has a number, which stands in one word with
 * the chunks that are claimed. So a thread that comes late, however late, either gets a chunk of a
 * run that is still going on, or none.
 */
final class Job {
  /** A thread that waits for others looks so long before it parks. */
  private static final long SPIN_NANOS = 20_000;

  /** Up to so many chunks the word has a bit for each. */
  private static final int MOST_IN_MASK = 32;

  private static final VarHandle CLAIMED;
  private static final VarHandle ENDED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      CLAIMED = lookup.findVarHandle(Job.class, "claimed", long.class);
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
  private final int threads;

  /**
   * The number of the run, shifted left by 32, and its chunks that are claimed: a bit for each, or
   * how many.
   */
  private volatile long claimed;

  /** How many chunks of this run have ended. */
  private volatile int ended;

  private volatile @Nullable Throwable failure;

  /** The thread that {@link #await}s the end, once it has given up its processor. */
  private volatile @Nullable Thread waiting;

  /**
   * {@code kernel} over [0, end).
   *
   * @param size points of a chunk, the last of which may have fewer
   * @param threads that claim chunks, numbered from 0
   */
  Job(Kernel kernel, KernelArgs args, int end, int size, int threads) {
    this.kernel = kernel;
    this.args = args;
    this.end = end;
    this.size = size;
    this.chunks = (int) (((long) end + size - 1) / size);
    this.threads = threads;
    this.claimed = all();
  }

  /** The lower half of the word when all chunks are claimed. */
  private long all() {
    return chunks > MOST_IN_MASK ? chunks : (1L << chunks) - 1;
  }

  /** How many chunks are left to claim. */
  private int left(long word) {
    return chunks - (chunks > MOST_IN_MASK ? (int) word : Integer.bitCount((int) word));
  }

  /** The chunk that this thread claims; at least one is left. */
  private int choose(long word, int thread) {
    if (chunks > MOST_IN_MASK) {
      return (int) word;
    }
    long free = ~word & all();
    long own = free & upTo(thread + 1) & ~upTo(thread);
    return own != 0
        ? Long.numberOfTrailingZeros(own)
        : Long.SIZE - 1 - Long.numberOfLeadingZeros(free);
  }

  /** The chunks of threads before this one. */
  private long upTo(int thread) {
    return (1L << (thread * chunks / threads)) - 1;
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
    claimed = ((claimed >>> 32) + 1) << 32;
  }

  /**
   * Runs chunks until none is left to claim.
   *
   * @param thread its number
   * @param late waits before a claim; for tests
   */
  void work(Scratch scratch, int thread, Runnable late) {
    while (true) {
      long word = claimed;
      if (left(word) == 0) {
        return;
      }
      int chunk = choose(word, thread);
      late.run();
      if (!CLAIMED.compareAndSet(this, word, word + (chunks > MOST_IN_MASK ? 1 : 1L << chunk))) {
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
    long word = claimed;
    while (left(word) > 0) {
      if (CLAIMED.compareAndSet(this, word, (word >>> 32 << 32) + all())) {
        end(left(word));
        return;
      }
      word = claimed;
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
