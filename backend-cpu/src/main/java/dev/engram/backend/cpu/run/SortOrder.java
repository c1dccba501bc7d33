package dev.engram.backend.cpu.run;

import dev.engram.ir.DType;
import dev.engram.ir.math.HalfFloats;
import dev.engram.lower.Stmt;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Computes the order of one row. Elements are mapped to integers of the same order. 32-bit ones are
 * put into one long together with their position, so that a plain sort of longs is stable; 64-bit
 * ones are merge sorted along with their positions.
 */
final class SortOrder {
  private SortOrder() {}

  /**
   * Writes the order of {@code n} elements into {@code to}.
   *
   * @param at of element 0, in bytes; {@code step} leads to the next
   * @param keys room for 2·n
   * @param positions room for 2·n
   */
  static void of(
      Stmt.Sort sort, MemorySegment s, long at, long step, long[] keys, int[] positions) {
    int n = sort.length();
    boolean down = sort.op().descending();
    if (sort.dtype().bytes() <= 4) {
      for (int i = 0; i < n; i++) {
        keys[i] = (long) narrow(sort.dtype(), s, at + i * step, down) << 32 | i;
      }
      Arrays.sort(keys, 0, n);
      for (int i = 0; i < n; i++) {
        positions[i] = (int) keys[i];
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      keys[i] = wide(sort.dtype(), s, at + i * step, down);
      positions[i] = i;
    }
    merge(keys, positions, n);
  }

  private static int narrow(DType dtype, MemorySegment s, long at, boolean down) {
    int key =
        switch (dtype) {
          case F32 -> real(s.get(ValueLayout.JAVA_FLOAT, at), down);
          case F16 -> real(HalfFloats.ofF16(s.get(ValueLayout.JAVA_CHAR, at)), down);
          case BF16 -> real(HalfFloats.ofBf16(s.get(ValueLayout.JAVA_CHAR, at)), down);
          case I16 -> s.get(ValueLayout.JAVA_SHORT, at);
          case U8 -> s.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
          case I32 -> s.get(ValueLayout.JAVA_INT, at);
          case I8, BOOL -> s.get(ValueLayout.JAVA_BYTE, at);
          case F64, I64 -> throw new IllegalArgumentException(dtype.toString());
        };
    return down ? ~key : key;
  }

  private static int real(float x, boolean down) {
    if (Float.isNaN(x)) {
      // after everything else, in both directions
      return down ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    }
    // -0 + 0 = 0; negative floats decrease as their bits increase
    int b = Float.floatToRawIntBits(x + 0f);
    return b ^ (b >> 31 & Integer.MAX_VALUE);
  }

  private static long wide(DType dtype, MemorySegment s, long at, boolean down) {
    long key;
    if (dtype == DType.F64) {
      double x = s.get(ValueLayout.JAVA_DOUBLE, at);
      if (Double.isNaN(x)) {
        return Long.MAX_VALUE;
      }
      long b = Double.doubleToRawLongBits(x + 0.0);
      key = b ^ (b >> 63 & Long.MAX_VALUE);
    } else {
      key = s.get(ValueLayout.JAVA_LONG, at);
    }
    return down ? ~key : key;
  }

  // Runs of 1, 2, 4, … are merged from one half of the scratch space into the other.
  private static void merge(long[] keys, int[] positions, int n) {
    int from = 0;
    for (long run = 1; run < n; run *= 2) {
      int to = n - from;
      for (long low = 0; low < n; low += 2 * run) {
        int middle = from + (int) Math.min(low + run, n);
        int high = from + (int) Math.min(low + 2 * run, n);
        merge(keys, positions, from + (int) low, middle, high, to + (int) low);
      }
      from = to;
    }
    if (from > 0) {
      System.arraycopy(positions, from, positions, 0, n);
    }
  }

  private static void merge(long[] keys, int[] positions, int low, int middle, int high, int to) {
    int a = low;
    int b = middle;
    for (int k = to; k < to + high - low; k++) {
      int next = b >= high || (a < middle && keys[a] <= keys[b]) ? a++ : b++;
      keys[k] = keys[next];
      positions[k] = positions[next];
    }
  }
}
