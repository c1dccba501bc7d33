package dev.engram.backend.cuda.run;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/** The values of a launch's parameters. Each has 8 bytes, of which an i32 takes the first. */
final class LaunchParams {
  private final MemorySegment values;
  private final MemorySegment addresses;

  LaunchParams(SegmentAllocator memory, int count) {
    values = memory.allocate(ValueLayout.JAVA_LONG, Math.max(1, count));
    addresses = memory.allocate(ValueLayout.ADDRESS, Math.max(1, count));
    for (int i = 0; i < count; i++) {
      addresses.setAtIndex(ValueLayout.ADDRESS, i, values.asSlice((long) Long.BYTES * i));
    }
  }

  void setLong(int i, long value) {
    values.setAtIndex(ValueLayout.JAVA_LONG, i, value);
  }

  void setInt(int i, int value) {
    values.set(ValueLayout.JAVA_INT, (long) Long.BYTES * i, value);
  }

  /** The address of each value. */
  MemorySegment addresses() {
    return addresses;
  }
}
