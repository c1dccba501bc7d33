package dev.engram.ir.runtime;

import dev.engram.ir.HostTensor;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Memory that small tensors share: one allocation, and one cleaner, for many. It is freed when none
 * of them is reachable any more, so that a small tensor keeps at most {@link #SIZE} bytes.
 */
public final class Slab {
  /** Tensors of more bytes, with their slack, have memory of their own. */
  static final long LARGEST = 512;

  static final long SIZE = 8192;

  private static final AtomicReference<Slab> CURRENT = new AtomicReference<>(new Slab());

  private final MemorySegment memory = NativeMemory.allocate(SIZE, HostTensor.ALIGNMENT);
  private final AtomicLong used = new AtomicLong();

  /** Zeros that nobody else has, aligned to {@link HostTensor#ALIGNMENT}. */
  public static MemorySegment allocate(long bytes) {
    if (bytes > LARGEST) {
      return NativeMemory.allocate(bytes, HostTensor.ALIGNMENT);
    }
    long size = (bytes + HostTensor.ALIGNMENT - 1) & -HostTensor.ALIGNMENT;
    while (true) {
      Slab slab = CURRENT.get();
      long at = slab.used.getAndAdd(size);
      if (at + size <= SIZE) {
        return slab.memory.asSlice(at, bytes);
      }
      CURRENT.compareAndSet(slab, new Slab());
    }
  }
}
