package dev.engram.backend.cpu.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
    WorkerPool pool = new WorkerPool(THREADS, WorkerPoolTest::late);
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
    WorkerPool pool = new WorkerPool(THREADS, WorkerPoolTest::late);
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

  @Test
  void chunksAreMultiplesOfTheUnitAndCoverTheRange() {
    WorkerPool pool = new WorkerPool(3, () -> {});
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
