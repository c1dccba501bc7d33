package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.ir.HostTensor;
import dev.engram.ir.runtime.NativeMemory;
import java.lang.constant.ClassDesc;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Where a nest's data is in one run, and the first check of it that failed. */
public final class KernelArgs {
  /** For generated code. */
  public static final ClassDesc DESC = HiddenClassWriter.desc(KernelArgs.class);

  /** The memory of each buffer of the nest. */
  public final MemorySegment[] segments;

  /** For each slot the byte offset in its memory, or the value of its index map, at point 0. */
  public final long[] base;

  private boolean failed;
  private int failedInstr;
  private long failedPoint;
  private long failedPosition;
  private long failedValue;

  private MemorySegment packed = MemorySegment.NULL;

  /** Gets the failures of a frame that is a part of another. */
  private @Nullable KernelArgs whole;

  public KernelArgs(int segments, int slots) {
    this.segments = new MemorySegment[segments];
    this.base = new long[slots];
  }

  /** Memory for one operand in another order; at least so many bytes. */
  public MemorySegment packed(long bytes) {
    if (packed.byteSize() < bytes + HostTensor.SLACK) {
      packed = NativeMemory.allocate(bytes + HostTensor.SLACK, HostTensor.ALIGNMENT);
    }
    return packed;
  }

  public MemorySegment packed() {
    return packed;
  }

  /** Becomes a part of {@code frame}: the same data, with room for more. */
  public void partOf(KernelArgs frame) {
    System.arraycopy(frame.segments, 0, segments, 0, frame.segments.length);
    System.arraycopy(frame.base, 0, base, 0, frame.base.length);
    whole = frame;
    packed = frame.packed;
  }

  /** Forgets the memory. */
  public void clear() {
    Arrays.fill(segments, MemorySegment.NULL);
    whole = null;
    packed = MemorySegment.NULL;
  }

  /** A value outside its range: the first point in row-major order, then the first instruction. */
  public synchronized void fail(int instr, long value, long point, long position) {
    if (whole != null) {
      whole.fail(instr, value, point, position);
      return;
    }
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
  public synchronized void takeFailure(Failure then) {
    if (failed) {
      failed = false;
      then.accept(failedInstr, failedValue, failedPosition);
    }
  }
}
