package dev.engram.ir.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory outside the Java heap that is freed some time after nobody can reach it any more.
 *
 * <p>The JVM counts it up to {@code -XX:MaxDirectMemorySize}, by default the size of the heap.
 * Where that is reached it collects garbage, and one thread of its own frees what was found, piece
 * by piece; it gives that thread half a second. With many small pieces, or on a busy machine, that
 * is too short: what fails then is memory that nobody holds. So we wait for longer, unless there is
 * less in all than was asked for.
 */
public final class NativeMemory {
  /** Each try lets the JVM collect and wait for half a second. */
  private static final int TRIES = 12;

  /** How the JVM says what there is in all. Said otherwise, all is as if it did not say. */
  private static final Pattern LIMIT = Pattern.compile("limit: (\\d{1,18})\\b");

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
        if (i == TRIES || neverFits(bytes, full)) {
          throw full;
        }
      }
    }
  }

  private static boolean neverFits(long bytes, OutOfMemoryError full) {
    Matcher limit = LIMIT.matcher(String.valueOf(full.getMessage()));
    return limit.find() && bytes > Long.parseLong(limit.group(1));
  }
}
