package dev.engram.ir;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory outside the Java heap that is freed some time after nobody can reach it any more.
 *
 * <p>The JVM counts it up to {@code -XX:MaxDirectMemorySize}, by default the size of the heap.
 * Where that is reached it collects garbage, and one thread of its own frees what was found, piece
 * by piece; it gives that thread half a second. With many small pieces, or on a busy machine, that
 * is too short: what fails then is memory that nobody holds. So we wait for longer.
 */
public final class NativeMemory {
  /** Each try lets the JVM collect and wait for half a second. */
  private static final int TRIES = 12;

  private NativeMemory() {}

  /**
   * So many zeros.
   *
   * @throws OutOfMemoryError when they do not fit beside what is still reachable
   */
  public static MemorySegment allocate(long bytes, long alignment) {
    for (int i = 1; ; i++) {
      try {
        return Arena.ofAuto().allocate(bytes, alignment);
      } catch (OutOfMemoryError full) {
        if (i == TRIES) {
          throw full;
        }
      }
    }
  }
}
