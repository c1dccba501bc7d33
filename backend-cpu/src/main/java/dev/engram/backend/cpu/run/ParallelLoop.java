package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.run.ProgramRun.Code;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.runtime.Thrown;
import dev.engram.lower.profile.NestClock;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A loop whose iterations run in several threads, each from its first step to its last in one of
 * them. What fails in some of them is thrown as if they ran one step after the other in all
 * iterations: that of the first step, and there of the first iteration.
 */
final class ParallelLoop implements Kernel {
  private final String program;
  private final int depth;
  private final Supplier<Body> again;
  private final MemorySegment[] memory;
  private final WorkerPool pool;
  private final Job job;

  /** Those that no thread uses now. */
  private final Deque<Worker> free = new ArrayDeque<>();

  private long[] start = {};
  private int[] counters = {};
  private volatile @Nullable Thread caller;
  private @Nullable LocalClock clock;
  private volatile @Nullable Failure failure;

  /** What an iteration has thrown, and the number of steps that had begun in it. */
  private record Failure(long step, int iteration, Throwable thrown) {
    /** True for what is to be thrown, of the two. An interrupt comes at any step, and so last. */
    boolean isBefore(Failure other) {
      boolean ended = thrown instanceof InterruptedRunException;
      boolean otherEnded = other.thrown instanceof InterruptedRunException;
      if (ended != otherEnded) {
        return otherEnded;
      }
      return ended ? step > other.step : isEarlier(step, iteration, other);
    }

    static boolean isEarlier(long step, int iteration, Failure other) {
      return step < other.step || (step == other.step && iteration < other.iteration);
    }
  }

  /** Ends an iteration that cannot fail first any more. */
  private static final class EndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final EndedException ONE = new EndedException();

    private EndedException() {
      super("another iteration has failed", null, false, false);
    }
  }

  /**
   * The code of one iteration.
   *
   * @param nests those in it
   */
  record Body(Code[] code, List<NestCall> nests) {}

  /** What one thread needs at a time. */
  private final class Worker {
    private final Code[] code;
    private final NestCall[] nests;

    /** The same, made for the first run that is recorded. */
    private Code @Nullable [] counted;

    private final long[] starts;
    private final int[] counts;
    private final StepRunner runner;

    Worker(Body body) {
      this.code = body.code;
      this.nests = body.nests.toArray(NestCall[]::new);
      this.starts = new long[start.length];
      this.counts = new int[counters.length];
      this.runner = new StepRunner(memory, starts, counts, Job::runAlone, this::mayGoOn);
    }

    void run(int iteration, Scratch scratch, @Nullable LocalClock to) {
      System.arraycopy(start, 0, starts, 0, starts.length);
      System.arraycopy(counters, 0, counts, 0, counts.length);
      counts[depth] = iteration;
      try {
        runner.run(to == null ? code : counted(), scratch, to);
      } catch (EndedException e) {
        // what the other iteration has thrown is thrown
      } catch (Throwable t) {
        failed(new Failure(runner.begun(), iteration, t));
      }
    }

    void bind() {
      for (NestCall n : nests) {
        n.bind(memory);
      }
    }

    void release() {
      for (NestCall n : nests) {
        n.release();
      }
    }

    private Code[] counted() {
      Code[] c = counted;
      if (c == null) {
        c = CountedCode.counted(code);
        counted = c;
      }
      return c;
    }

    private void mayGoOn(long step) {
      Failure f = failure;
      if (f != null && !Failure.isEarlier(runner.begun(), counts[depth], f)) {
        throw EndedException.ONE;
      }
      InterruptedRunException.check(Objects.requireNonNull(caller), program, step);
    }
  }

  private @Nullable Body first;

  /**
   * @param depth loops around this one
   * @param body of one iteration
   * @param again makes it for another thread
   * @param memory of the buffers in all runs
   */
  ParallelLoop(
      String program,
      int depth,
      int length,
      Body body,
      Supplier<Body> again,
      MemorySegment[] memory,
      WorkerPool pool) {
    this.program = program;
    this.depth = depth;
    this.first = body;
    this.again = again;
    this.memory = memory;
    this.pool = pool;
    this.job = pool.job(this, new KernelArgs(0, 0), length, 1, 1);
  }

  /**
   * Runs all iterations.
   *
   * @param start where buffers are, in all iterations at first
   * @param counters of the loops around
   * @param to counts the nests
   */
  void run(long[] start, int[] counters, Scratch scratch, @Nullable NestClock to) {
    this.start = start;
    this.counters = counters;
    this.caller = Thread.currentThread();
    this.failure = null;
    this.clock = to == null ? null : new LocalClock(to);
    long t = System.nanoTime();
    try {
      pool.run(job, scratch);
    } finally {
      LocalClock all = clock;
      clock = null;
      caller = null;
      if (all != null && to != null) {
        all.giveTo(to, System.nanoTime() - t);
      }
    }
    Failure f = failure;
    if (f != null) {
      failure = null;
      throw Thrown.unchecked(f.thrown);
    }
  }

  private Worker take() {
    Body body;
    synchronized (this) {
      if (!free.isEmpty()) {
        return free.pop();
      }
      body = first;
      first = null;
    }
    return new Worker(body == null ? again.get() : body);
  }

  private synchronized void give(Worker w) {
    free.push(w);
  }

  private synchronized void failed(Failure f) {
    Failure known = failure;
    if (known == null || f.isBefore(known)) {
      failure = f;
    }
  }

  @Override
  public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
    LocalClock all = clock;
    LocalClock mine = all == null ? null : all.another();
    Worker w = take();
    w.bind();
    for (int i = begin; i < end; i++) {
      w.run(i, scratch, mine);
    }
    w.release();
    give(w);
    if (all != null && mine != null) {
      all.add(mine);
    }
  }
}
