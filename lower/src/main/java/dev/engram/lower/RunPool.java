package dev.engram.lower;

import dev.engram.ir.RunException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.RowCode;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What runs of one compiled program need, such as its arena, for as many threads as run it at the
 * same time. One is kept for later runs; more wait for them until the JVM's next garbage
 * collection, so that threads that go on take theirs again and again, and a burst of threads leaves
 * nothing behind.
 *
 * @param <R> what one run needs
 */
public final class RunPool<R> {
  private final String program;
  private final Supplier<R> fresh;
  private final Consumer<R> idle;

  /** What nobody uses, the last used first: that one is kept. */
  private final Deque<Kept<R>> free = new ArrayDeque<>();

  /** What runs use now. */
  private final List<Kept<R>> used = new ArrayList<>();

  /** One of them, held from here only while it is {@code kept}. */
  private static final class Kept<R> {
    final WeakReference<R> known;
    @Nullable R kept;
    @Nullable Thread user;

    Kept(R run) {
      known = new WeakReference<>(run);
    }
  }

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
    keep(new Kept<>(Given.given("RunPool", "first", first)), first);
  }

  /**
   * Calls {@code body} with what no other thread uses.
   *
   * @throws RunException when the thread is in a run of the program already: in a hook of it; or in
   *     the function of a row
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
    if (RowCode.isRunning()) {
      throw RowCode.refused("@" + program + " is called");
    }
    Thread self = Thread.currentThread();
    synchronized (free) {
      if (index(self) >= 0) {
        throw new RunException(
            "@" + program + " is running: a hook called by a program must not call it");
      }
      for (Kept<R> k = free.poll(); k != null; k = free.poll()) {
        R run = k.known.get();
        if (run != null) {
          k.kept = null;
          begin(self, k);
          return run;
        }
      }
    }
    R run = fresh.get();
    synchronized (free) {
      begin(self, new Kept<>(run));
    }
    return run;
  }

  private void begin(Thread self, Kept<R> run) {
    run.user = self;
    used.add(run);
  }

  @SuppressWarnings("ReferenceEquality") // a thread is itself alone
  private int index(Thread user) {
    int i = used.size() - 1;
    while (i >= 0 && used.get(i).user != user) {
      i--;
    }
    return i;
  }

  /** Gives back what {@link #take} gave to this thread. */
  public void give(R run) {
    Given.given("RunPool.give", "run", run);
    synchronized (free) {
      Kept<R> mine = used.remove(index(Thread.currentThread()));
      mine.user = null;
      keep(mine, run);
    }
  }

  private void keep(Kept<R> next, R run) {
    Kept<R> before = free.peek();
    if (before != null && before.kept != null) {
      idle.accept(before.kept);
      before.kept = null;
    }
    next.kept = run;
    free.push(next);
  }

  /** Calls {@code body} with all that nobody uses. */
  public void eachFree(Consumer<R> body) {
    Given.given("RunPool.eachFree", "body", body);
    synchronized (free) {
      for (Kept<R> k : free) {
        R run = k.known.get();
        if (run != null) {
          body.accept(run);
        }
      }
    }
  }

  /** How many runs could begin now without making anything. */
  int kept() {
    synchronized (free) {
      return (int) free.stream().filter(k -> !k.known.refersTo(null)).count();
    }
  }
}
