package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.ir.HostTensor;
import dev.engram.ir.runtime.NativeMemory;
import java.lang.constant.ClassDesc;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a kernel in one run: where the nest's data is, and the first check that failed.
 */
public final class KernelArgs {
  /** The class descriptor, for generated code. */
  public static final ClassDesc DESC = HiddenClassWriter.desc(KernelArgs.class);

  /** The memory of each buffer of the nest. */
  public final MemorySegment[] segments;

  /** For each slot, the byte offset in its memory, or the value of its index map, at point 0. */
  public final long[] base;

  private volatile boolean failed;
  private int failedInstr;
  private long failedPoint;
  private long failedPosition;
  private long failedValue;

  private MemorySegment packed = MemorySegment.NULL;

  /** Receives the failures if these arguments are a part of others. */
  private @Nullable KernelArgs whole;

  public KernelArgs(int segments, int slots) {
    this.segments = new MemorySegment[segments];
    this.base = new long[slots];
  }

  /** Returns memory of at least this many bytes for packing an operand. */
  public MemorySegment packed(long bytes) {
    if (packed.byteSize() < bytes + HostTensor.SLACK) {
      packed =
          NativeMemory.allocate(
              bytes + HostTensor.SLACK, HostTensor.ALIGNMENT, "packed operands of products");
    }
    return packed;
  }

  public MemorySegment packed() {
    return packed;
  }

  /** Makes this a part of {@code frame}: the same data, with room for more. */
  public void partOf(KernelArgs frame) {
    System.arraycopy(frame.segments, 0, segments, 0, frame.segments.length);
    System.arraycopy(frame.base, 0, base, 0, frame.base.length);
    whole = frame;
    packed = frame.packed;
  }

  /** Releases the memory. */
  public void clear() {
    Arrays.fill(segments, MemorySegment.NULL);
    whole = null;
    packed = MemorySegment.NULL;
  }

  /**
   * Reports a value outside its range; the first point in row-major order wins, then the first
   * instruction.
   */
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

  /** Clears a failed check. */
  synchronized void forgetFailure() {
    failed = false;
  }

  /** Passes a failed check to {@code then} and clears it. */
  public void takeFailure(Failure then) {
    if (failed) {
      synchronized (this) {
        failed = false;
        then.accept(failedInstr, failedValue, failedPosition);
      }
    }
  }
}
