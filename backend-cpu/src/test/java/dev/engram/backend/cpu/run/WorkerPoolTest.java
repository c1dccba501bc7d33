package dev.engram.backend.cpu.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

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
    WorkerPool pool = new WorkerPool(THREADS, WorkerPoolTest::late, Thread::new);
    Scratch scratch = new Scratch();
    int[] points = {2, 32, 5, 64};
    Counting[] kernels = new Counting[points.length];
    Job[] jobs = new Job[points.length];
    for (int k = 0; k < points.length; k++) {
      kernels[k] = new Counting(points[k]);
      jobs[k] = pool.job(kernels[k], ARGS, points[k], 1, 1);
    }
    for (int run = 1; run <= 3000; run++) {
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
    WorkerPool pool = new WorkerPool(THREADS, WorkerPoolTest::late, Thread::new);
    Scratch scratch = new Scratch();
    IllegalStateException wanted = new IllegalStateException("chunk 3");
    Counting counting = new Counting(16);
    Kernel failing =
        (args, s, begin, end) -> {
          counting.run(args, s, begin, end);
          if (begin <= 3 && 3 < end) {
            throw wanted;
          }
        };
    Job job = pool.job(failing, ARGS, 16, 1, 1);
    for (int run = 1; run <= 500; run++) {
      assertSame(wanted, assertThrows(IllegalStateException.class, () -> pool.run(job, scratch)));
      assertEquals(0, counting.working.get());
      for (int i = 0; i < 16; i++) {
        assertEquals(run, counting.times.get(i));
      }
    }
    Counting after = new Counting(16);
    pool.run(pool.job(after, ARGS, 16, 1, 1), scratch);
    assertEquals(1, after.times.get(15));
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
