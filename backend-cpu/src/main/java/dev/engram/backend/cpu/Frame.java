package dev.engram.backend.cpu;

import java.lang.foreign.MemorySegment;

/** Where a nest's data is in one run, and the first check of it that failed. */
final class Frame {
  /** The memory of each buffer of the nest. */
  final MemorySegment[] segments;

  /** For each slot the byte offset in its memory, or the value of its index map, at point 0. */
  final long[] base;

  private boolean failed;
  private int failedInstr;
  private long failedPoint;
  private long failedPosition;
  private long failedValue;

  Frame(int segments, int slots) {
    this.segments = new MemorySegment[segments];
    this.base = new long[slots];
  }

  /** A value outside its range: the first point in row-major order, then the first instruction. */
  synchronized void fail(int instr, long value, long point, long position) {
    if (!failed || point < failedPoint || (point == failedPoint && instr < failedInstr)) {
      failed = true;
      failedInstr = instr;
      failedPoint = point;
      failedPosition = position;
      failedValue = value;
    }
  }

  /** Receives a failed check. */
  @FunctionalInterface
  interface Failure {
    void accept(int instr, long value, long position);
  }

  /** Hands a failed check on and forgets it. */
  synchronized void takeFailure(Failure then) {
    if (failed) {
      failed = false;
      then.accept(failedInstr, failedValue, failedPosition);
    }
  }
}
