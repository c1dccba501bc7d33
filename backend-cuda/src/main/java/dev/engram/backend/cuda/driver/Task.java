package dev.engram.backend.cuda.driver;

import java.lang.foreign.MemorySegment;

/** Something that a card does by itself. */
public sealed interface Task {
  /** Sets bytes to one value. */
  record Fill(long to, byte value, long bytes) implements Task {}

  /**
   * Runs a kernel.
   *
   * @param cooperative whether blocks wait for each other: all of them run at the same time, or the
   *     launch fails
   * @param params the address of each parameter's value
   */
  record Launch(
      Driver.Function function, int blocks, int threads, boolean cooperative, MemorySegment params)
      implements Task {}
}
