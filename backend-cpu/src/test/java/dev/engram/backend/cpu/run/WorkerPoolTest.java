package dev.engram.backend.cpu.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs of jobs, with threads that come late between a look at a job and the claim of a chunk. */
class WorkerPoolTest {
  private static final int THREADS = 8;
  private static final KernelArgs ARGS = new KernelArgs(0, 0);

  /** Counts how often each point is run, and the threads that are at it. */
  private static final class Counting implements Kernel {
    final AtomicIntegerArray times;
    final AtomicInteger working = new AtomicInteger();

    Counting(int points) {
      times = new AtomicIntegerArray(points);
    }

    @Override
    public void run(KernelArgs args, Scratch scratch, int begin, int end) {
      working.incrementAndGet();
      for (int i = begin; i < end; i++) {
        times.incrementAndGet(i);
      }
      late();
      working.decrementAndGet();
    }
  }

  /** Mostly at once, sometimes after several runs of the caller. */
  private static void late() {
    int n = ThreadLocalRandom.current().nextInt(64);
    if (n == 0) {
      LockSupport.parkNanos(200_000);
    } else if (n < 8) {
      Thread.yield();
    }
  }

  @Test
  void everyPointIsRunOnceAndNoneAfterTheEnd() {
    everyPointIsRunOnce(THREADS, new int[] {2, 32, 5, 64}, 3000);
  }

  /** Of more chunks than a word has bits. */
  @Test
  void ofManyChunksToo() {
    everyPointIsRunOnce(12, new int[] {33, 48, 100, 7}, 300);
  }

  private static void everyPointIsRunOnce(int threads, int[] points, int runs) {
    WorkerPool pool = new WorkerPool(threads, WorkerPoolTest::late, Thread::new);
    Scratch scratch = new Scratch();
    Counting[] kernels = new Counting[points.length];
    Job[] jobs = new Job[points.length];
    for (int k = 0; k < points.length; k++) {
      kernels[k] = new Counting(points[k]);
      jobs[k] = pool.job(kernels[k], ARGS, points[k], 1, 1);
    }
    for (int run = 1; run <= runs; run++) {
      for (int k = 0; k < points.length; k++) {
        pool.run(jobs[k], scratch);
        assertEquals(0, kernels[k].working.get(), "threads at work after run " + run);
        for (int i = 0; i < points[k]; i++) {
          assertEquals(run, kernels[k].times.get(i), "runs of point " + i + " of " + points[k]);
        }
      }
    }
  }

  @Test
  void aRunEndsWithItsLastChunkThoughAnotherThrows() {
    aRunEndsThoughAChunkThrows(THREADS, 16);
    aRunEndsThoughAChunkThrows(12, 48);
  }

  private static void aRunEndsThoughAChunkThrows(int threads, int n) {
    WorkerPool pool = new WorkerPool(threads, WorkerPoolTest::late, Thread::new);
    Scratch scratch = new Scratch();
    IllegalStateException wanted = new IllegalStateException("chunk 3");
    Counting counting = new Counting(n);
    Kernel failing =
        (args, s, begin, end) -> {
          counting.run(args, s, begin, end);
          if (begin <= 3 && 3 < end) {
            throw wanted;
          }
        };
    Job job = pool.job(failing, ARGS, n, 1, 1);
    for (int run = 1; run <= 500; run++) {
      assertSame(wanted, assertThrows(IllegalStateException.class, () -> pool.run(job, scratch)));
      assertEquals(0, counting.working.get());
      for (int i = 0; i < n; i++) {
        assertEquals(run, counting.times.get(i));
      }
    }
    Counting after = new Counting(16);
    pool.run(pool.job(after, ARGS, 16, 1, 1), scratch);
    assertEquals(1, after.times.get(15));
  }

  /** In lock-step, since each chunk waits for one of the other thread. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void threadsKeepTheirParts() {
    CyclicBarrier both = new CyclicBarrier(2);
    Thread[] of = new Thread[8];
    Kernel kernel =
        (_, _, begin, end) -> {
          assertEquals(begin + 1, end);
          of[begin] = Thread.currentThread();
          try {
            both.await();
          } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
          }
        };
    WorkerPool pool = new WorkerPool(2);
    Job job = pool.job(kernel, ARGS, 8, 1, 1);
    Set<Thread> others = new HashSet<>();
    for (int run = 0; run < 200; run++) {
      pool.run(job, new Scratch());
      for (int i = 0; i < 8; i++) {
        if (i < 4) {
          assertSame(Thread.currentThread(), of[i]);
        } else {
          others.add(of[i]);
        }
      }
    }
    assertEquals(1, others.size());
  }

  /**
   * Who waits long for another thread leaves the processor to others; an interrupt ends nothing.
   */
  @Test
  void aLongWaitTakesNoTime() {
    ThreadMXBean times = ManagementFactory.getThreadMXBean();
    Thread caller = Thread.currentThread();
    Kernel slow =
        (_, _, _, _) -> {
          if (Thread.currentThread() != caller) {
            LockSupport.parkNanos(500_000_000);
          } else {
            LockSupport.parkNanos(20_000_000); // the other one has begun
          }
        };
    WorkerPool pool = new WorkerPool(2);
    Job job = pool.job(slow, ARGS, 2, 1, 1);
    pool.run(job, new Scratch());
    long start = times.getCurrentThreadCpuTime();
    pool.run(job, new Scratch());
    assertTrue(times.getCurrentThreadCpuTime() - start < 250_000_000L);
    Thread.currentThread().interrupt();
    pool.run(job, new Scratch());
    assertTrue(Thread.interrupted());
  }

  /**
   * A worker that dies outside of any chunk is replaced by the next run; or by the same one, where
   * it is dead before it is asked for.
   */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aWorkerThatEndsIsStartedAgain() {
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    AtomicBoolean deadly = new AtomicBoolean();
    Thread caller = Thread.currentThread();
    WorkerPool pool =
        new WorkerPool(
            THREADS,
            () -> {
              if (deadly.get() && Thread.currentThread() != caller) {
                throw new IllegalStateException("outside of a chunk");
              }
            },
            body -> {
              asked.incrementAndGet();
              Thread t = new Thread(() -> endOf(body, ended));
              t.setUncaughtExceptionHandler((_, _) -> {});
              return t;
            });
    for (int run = 1; run <= 3; run++) {
      deadly.set(true);
      // The caller does it when it has asked for all the workers it wants.
      Kernel slow = (args, s, begin, end) -> waitFor(() -> ended.get() == asked.get());
      pool.run(pool.job(slow, ARGS, THREADS, 1, 1), new Scratch());
      deadly.set(false);
      int before = asked.get();
      assertEquals(before, ended.get());
      Set<Thread> here = ConcurrentHashMap.newKeySet();
      Kernel together =
          (args, s, begin, end) -> {
            here.add(Thread.currentThread());
            waitFor(() -> here.size() == THREADS);
          };
      pool.run(pool.job(together, ARGS, THREADS, 1, 1), new Scratch());
      assertEquals(before + THREADS - 1, asked.get());
    }
  }

  private static void endOf(Runnable body, AtomicInteger ended) {
    try {
      body.run();
    } finally {
      ended.incrementAndGet();
    }
  }

  private static void waitFor(BooleanSupplier what) {
    while (!what.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }

  /** Where it cannot do its share, and no worker runs that could, the run ends with that error. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aCallerThatFailsOutsideOfAChunkDoesNotWaitForWhatNobodyDoes() {
    AtomicInteger left = new AtomicInteger();
    WorkerPool pool =
        new WorkerPool(
            THREADS,
            () -> {
              if (left.decrementAndGet() == 0) {
                throw new IllegalStateException("outside of a chunk");
              }
            },
            full(0, new AtomicInteger()));
    Counting counting = new Counting(THREADS);
    Job job = pool.job(counting, ARGS, THREADS, 1, 1);
    for (int done = 0; done < THREADS; done++) {
      left.set(2 + done); // once before the run is published
      String text =
          assertThrows(IllegalStateException.class, () -> pool.run(job, new Scratch()))
              .getMessage();
      assertEquals("outside of a chunk", text);
      int before = counting.times.get(THREADS - 1);
      pool.run(job, new Scratch());
      assertEquals(before + 1, counting.times.get(THREADS - 1));
    }
  }

  /** Threads of which all after the first {@code most} do not start, as on a full machine. */
  private static ThreadFactory full(int most, AtomicInteger asked) {
    return body ->
        new Thread(body) {
          @Override
          public void start() {
            if (asked.incrementAndGet() > most) {
              throw new OutOfMemoryError("unable to create native thread");
            }
            super.start();
          }
        };
  }

  /** What is logged while a pool runs jobs with such threads. */
  private static List<String> logged(int most, AtomicInteger asked) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(out);
      WorkerPool pool = new WorkerPool(THREADS, WorkerPoolTest::late, full(most, asked));
      Counting kernel = new Counting(64);
      Job job = pool.job(kernel, ARGS, 64, 1, 1);
      for (int run = 1; run <= 200; run++) {
        pool.run(job, new Scratch());
        assertEquals(0, kernel.working.get());
        for (int i = 0; i < 64; i++) {
          assertEquals(run, kernel.times.get(i), "runs of point " + i);
        }
      }
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void aRunNeedsNoThreadThatDoesNotStart() {
    for (int most = 0; most < THREADS - 1; most++) {
      AtomicInteger asked = new AtomicInteger();
      List<String> logged = logged(most, asked);
      String says =
          "WARNING: no thread could be started for the backend cpu (unable to create native"
              + " thread): %d of 8 compute; let the process have more threads or memory, or ask for"
              + " fewer with -Dengram.threads=%d";
      assertEquals(List.of(says.formatted(most + 1, most + 1)), logged);
      assertEquals(most + 1, asked.get(), "threads asked for, of which one does not start");
    }
  }

  /** Control. */
  @Test
  void nothingIsLoggedWhereAllThreadsStart() {
    AtomicInteger asked = new AtomicInteger();
    assertEquals(List.of(), logged(THREADS, asked));
    assertEquals(THREADS - 1, asked.get());
  }

  @Test
  void chunksAreMultiplesOfTheUnitAndCoverTheRange() {
    WorkerPool pool = new WorkerPool(3, () -> {}, Thread::new);
    for (int end : new int[] {1, 7, 8, 100, 1000}) {
      for (int unit : new int[] {1, 4, 16}) {
        Counting kernel = new Counting(end);
        Kernel checking =
            (args, s, begin, to) -> {
              assertEquals(0, begin % unit);
              kernel.run(args, s, begin, to);
            };
        pool.run(pool.job(checking, ARGS, end, 2, unit), new Scratch());
        for (int i = 0; i < end; i++) {
          assertEquals(1, kernel.times.get(i), "point " + i + " of " + end);
        }
      }
    }
  }
}
