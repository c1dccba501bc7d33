package dev.engram.backend.cpu.run;

import dev.engram.lower.profile.NestClock;
import java.util.Arrays;

/** Counts of nests in one of several threads, and then in all of them. */
final class LocalClock implements NestClock {
  private final boolean timed;
  private long[] calls = {};
  private long[] nanos = {};

  /**
   * @param like says whether the run is timed
   */
  LocalClock(NestClock like) {
    this.timed = like.isTimed();
  }

  LocalClock another() {
    return new LocalClock(this);
  }

  @Override
  public boolean isTimed() {
    return timed;
  }

  @Override
  public long start() {
    return timed ? System.nanoTime() : 0;
  }

  @Override
  public void end(int nest, long start) {
    add(nest, 1, timed ? System.nanoTime() - start : 0);
  }

  @Override
  public void add(int nest, long more, long took) {
    if (nest >= calls.length) {
      calls = Arrays.copyOf(calls, nest + 16);
      nanos = Arrays.copyOf(nanos, nest + 16);
    }
    calls[nest] += more;
    nanos[nest] += took;
  }

  synchronized void add(LocalClock thread) {
    for (int i = 0; i < thread.calls.length; i++) {
      if (thread.calls[i] > 0) {
        add(i, thread.calls[i], thread.nanos[i]);
      }
    }
  }

  /**
   * Adds everything to {@code to}, as parts of the time that has passed.
   *
   * @param passed while the threads ran at the same time
   */
  synchronized void giveTo(NestClock to, long passed) {
    long all = Math.max(1, Arrays.stream(nanos).sum());
    double part = Math.min(1, (double) passed / all);
    for (int i = 0; i < calls.length; i++) {
      if (calls[i] > 0) {
        to.add(i, calls[i], (long) (nanos[i] * part));
      }
    }
  }
}
