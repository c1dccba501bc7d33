package dev.engram.ir.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The order of the bytes of an element.
 *
 * <p>In memory it is the machine's own, so that code of every backend reads elements as they lie
 * there. In files and in texts it is little endian on every machine, as their formats say. What
 * goes from one to the other goes through {@link #littleEndian}, which changes nothing on machines
 * that are little endian themselves.
 */
public final class MemoryOrder {
  /** The order in memory. */
  public static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private MemoryOrder() {}

  /**
   * Elements from memory in little endian, or the other way round: the memory itself, or a copy of
   * it where the machine is big endian.
   *
   * @param width bytes of an element
   */
  public static MemorySegment littleEndian(MemorySegment elements, int width) {
    return littleEndian(elements, width, NATIVE);
  }

  static MemorySegment littleEndian(MemorySegment elements, int width, ByteOrder machine) {
    if (machine == ByteOrder.LITTLE_ENDIAN || width == 1) {
      return elements;
    }
    MemorySegment turned = NativeMemory.allocate(elements.byteSize(), 64);
    for (long at = 0; at < elements.byteSize(); at += width) {
      for (int i = 0; i < width; i++) {
        byte b = elements.get(ValueLayout.JAVA_BYTE, at + i);
        turned.set(ValueLayout.JAVA_BYTE, at + width - 1 - i, b);
      }
    }
    return turned;
  }
}
