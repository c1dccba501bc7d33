package dev.engram.lower;

import dev.engram.ir.RunException;
import dev.engram.ir.checks.Given;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What runs of one compiled program need, such as its arena, for as many threads as run it at the
 * same time. As much is kept for later runs as was in use at once lately.
 *
 * @param <R> what one run needs
 */
public final class RunPool<R> {
  /** What was not needed during so many runs is given up. */
  private static final int LATELY = 256;

  private final String program;
  private final Supplier<R> fresh;
  private final Consumer<R> idle;

  /** What nobody uses, the last used first. */
  private final Deque<R> free = new ArrayDeque<>();

  private final List<Thread> running = new ArrayList<>();

  private int most = 1;
  private int mostLately = 1;
  private int runs;

  /**
   * @param program its name, for errors
   * @param first for the first run
   * @param fresh makes it for one more
   * @param idle is called with what waits behind another: it is to let go of tensors
   */
  public RunPool(String program, R first, Supplier<R> fresh, Consumer<R> idle) {
    this.program = Given.given("RunPool", "program", program);
    this.fresh = Given.given("RunPool", "fresh", fresh);
    this.idle = Given.given("RunPool", "idle", idle);
    free.add(Given.given("RunPool", "first", first));
  }

  /**
   * Calls {@code body} with what no other thread uses.
   *
   * @throws RunException when the thread is in a run of the program already: in a hook of it
   */
  public void run(Consumer<R> body) {
    Given.given("RunPool.run", "body", body);
    R run = take();
    try {
      body.accept(run);
    } finally {
      give(run);
    }
  }

  /**
   * What no other thread uses, to be given back after the run.
   *
   * @throws RunException as {@link #run}
   */
  public R take() {
    Thread self = Thread.currentThread();
    synchronized (free) {
      if (running.contains(self)) {
        throw new RunException(
            "@" + program + " is running: a hook called by a program must not call it");
      }
      running.add(self);
      mostLately = Math.max(mostLately, running.size());
      most = Math.max(most, running.size());
      R run = free.poll();
      if (run != null) {
        return run;
      }
    }
    try {
      return fresh.get();
    } catch (RuntimeException | Error e) {
      synchronized (free) {
        running.remove(self);
      }
      throw e;
    }
  }

  /** Gives back what {@link #take} gave. */
  public void give(R run) {
    Given.given("RunPool.give", "run", run);
    synchronized (free) {
      running.remove(Thread.currentThread());
      if (++runs == LATELY) {
        runs = 0;
        most = mostLately;
        mostLately = Math.max(1, running.size());
      }
      if (!free.isEmpty()) {
        idle.accept(free.getFirst());
      }
      free.push(run);
      while (free.size() > Math.max(1, most - running.size())) {
        free.removeLast();
      }
    }
  }

  /** Calls {@code body} with all that nobody uses. */
  public void eachFree(Consumer<R> body) {
    Given.given("RunPool.eachFree", "body", body);
    synchronized (free) {
      free.forEach(body);
    }
  }

  /** How many runs could begin now without making anything. */
  int kept() {
    synchronized (free) {
      return free.size();
    }
  }
}
