package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.run.ProgramRun.Code;
import dev.engram.backend.cpu.run.ProgramRun.Predicate;
import dev.engram.lower.profile.NestClock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Runs steps in one thread, from the first to the last. */
final class StepRunner {
  private final MemorySegment[] memory;
  private final long[] start;
  private final int[] counters;
  private final JobRunner jobs;

  private final LongConsumer mayGoOn;

  private @Nullable NestClock clock;
  private long begun;

  /** How the points of one step are run. */
  @FunctionalInterface
  interface JobRunner {
    void run(Job job, Scratch scratch);
  }

  /**
   * @param memory of each buffer
   * @param start of each buffer in its memory; loops exchange them
   * @param counters of the loops around
   * @param mayGoOn is asked before each step of a loop, and throws what ends it
   */
  StepRunner(
      MemorySegment[] memory, long[] start, int[] counters, JobRunner jobs, LongConsumer mayGoOn) {
    this.memory = memory;
    this.start = start;
    this.counters = counters;
    this.jobs = jobs;
    this.mayGoOn = mayGoOn;
  }

  /**
   * Runs steps.
   *
   * @param to counts nests, where the steps say that they are counted
   */
  void run(Code[] steps, Scratch scratch, @Nullable NestClock to) {
    clock = to;
    begun = 0;
    try {
      steps(steps, scratch);
    } finally {
      clock = null;
    }
  }

  /** The number of steps that have begun in the run of now or in the last one. */
  long begun() {
    return begun;
  }

  private void steps(Code[] steps, Scratch scratch) {
    for (Code step : steps) {
      begun++;
      switch (step) {
        case Code.Nest n -> n.call().run(start, counters, jobs, scratch);
        case Code.Sort s -> s.call().run(memory, start, counters, jobs, scratch);
        case Code.Tell t -> t.call().run(memory, start, counters);
        case Code.Loop l -> loop(l, scratch);
        case Code.Parallel p -> p.loop().run(start, counters, scratch, p.counted() ? clock : null);
        case Code.While w -> loop(w, scratch);
        case Code.Branch b -> steps(holds(b.holds()) ? b.onTrue() : b.onFalse(), scratch);
        case Code.Counted c -> count(c, scratch);
      }
    }
  }

  private void count(Code.Counted c, Scratch scratch) {
    NestClock to = Objects.requireNonNull(clock);
    long t = to.start();
    steps(c.one(), scratch);
    to.end(c.place(), t);
  }

  private boolean holds(Predicate p) {
    long at = p.offset();
    for (int t = 0; t < p.outer().length; t++) {
      at += p.outer()[t] * counters[t];
    }
    return memory[p.buffer()].get(ValueLayout.JAVA_BYTE, start[p.buffer()] + at) != 0;
  }

  private void loop(Code.Loop l, Scratch scratch) {
    for (int i = 0; i < l.length(); i++) {
      mayGoOn.accept(i);
      counters[l.depth()] = l.reverse() ? l.length() - 1 - i : i;
      steps(l.body(), scratch);
      exchange(l.swaps());
    }
  }

  private void loop(Code.While w, Scratch scratch) {
    counters[w.depth()] = 0;
    for (long n = 0; !w.bounded() || n < w.bound(); n++) {
      steps(w.condition(), scratch);
      if (!holds(w.holds())) {
        return;
      }
      mayGoOn.accept(n);
      steps(w.body(), scratch);
      exchange(w.swaps());
    }
  }

  private void exchange(int[][] swaps) {
    for (int[] swap : swaps) {
      long a = start[swap[0]];
      start[swap[0]] = start[swap[1]];
      start[swap[1]] = a;
    }
  }
}
