package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.RunException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunPoolTest {
  private final AtomicInteger made = new AtomicInteger(1);
  private final List<Integer> idle = new ArrayList<>();
  private final RunPool<Arena> pool =
      new RunPool<>(
          "f", new Arena(0), () -> new Arena(made.getAndIncrement()), a -> idle.add(a.number));

  /** What a run has: an object that nobody else holds. */
  private static final class Arena {
    final int number;

    Arena(int number) {
      this.number = number;
    }
  }

  private void together(int threads) throws Exception {
    CyclicBarrier all = new CyclicBarrier(threads);
    ExecutorService pooled = Executors.newFixedThreadPool(threads);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      running.add(pooled.submit(() -> pool.run(_ -> await(all))));
    }
    for (Future<?> f : running) {
      f.get(20, TimeUnit.SECONDS);
    }
    pooled.shutdown();
  }

  private static void await(CyclicBarrier all) {
    try {
      all.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aBurstOfThreadsLeavesOne() throws Exception {
    together(6);
    assertEquals(6, made.get());
    for (int i = 0; i < 50 && pool.kept() > 1; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertEquals(1, pool.kept(), "kept while nobody runs");
    for (int i = 0; i < 3; i++) {
      System.gc();
      pool.run(_ -> {});
    }
    assertEquals(6, made.get(), "one is kept for the next run");
    together(6);
    assertEquals(11, made.get());
  }

  @Test
  void oneThreadUsesTheSameAgain() {
    List<Integer> used = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      pool.run(a -> used.add(a.number));
    }
    assertEquals(List.of(0, 0, 0, 0, 0), used);
    assertEquals(List.of(), idle);
  }

  @Test
  void whatWaitsBehindAnotherLetsGo() throws Exception {
    together(3);
    assertTrue(idle.size() >= 2, idle::toString);
  }

  @Test
  void aRunWithinARunIsRefusedAndLeavesNothing() {
    String text =
        assertThrows(RunException.class, () -> pool.run(_ -> pool.run(_ -> {}))).getMessage();
    assertEquals("@f is running: a hook called by a program must not call it", text);
    pool.run(_ -> {});
  }

  @Test
  void aRunThatFailsOrCannotBeMadeIsForgotten() throws Exception {
    RunPool<Integer> one =
        new RunPool<>(
            "f",
            0,
            () -> {
              throw new OutOfMemoryError("no arena");
            },
            _ -> {});
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread other =
        new Thread(
            () ->
                one.run(
                    _ -> {
                      inside.countDown();
                      try {
                        leave.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                    }));
    other.start();
    inside.await();
    assertThrows(OutOfMemoryError.class, () -> one.run(_ -> {}));
    leave.countDown();
    other.join();
    one.run(_ -> {});
    assertThrows(
        IllegalStateException.class,
        () ->
            one.run(
                _ -> {
                  throw new IllegalStateException("body");
                }));
    one.run(_ -> {});
  }
}
