package dev.engram.backend.cpu.run;

import dev.engram.ir.op.Index;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Accesses to single elements at computed positions, called by generated code; named by element
 * type. All are aligned, which the JVM need not check each time.
 */
public final class Elements {
  private Elements() {}

  public static float getF32(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
  }

  public static double getF64(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at);
  }

  public static int getI32(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_INT_UNALIGNED, at);
  }

  public static long getI64(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
  }

  public static int getBOOL(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_BYTE, at);
  }

  public static int getI8(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_BYTE, at);
  }

  public static int getU8(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
  }

  public static int getI16(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
  }

  public static int getF16(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_CHAR_UNALIGNED, at);
  }

  public static int getBF16(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_CHAR_UNALIGNED, at);
  }

  public static void putF32(MemorySegment s, long at, float v) {
    s.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, v);
  }

  public static void putF64(MemorySegment s, long at, double v) {
    s.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at, v);
  }

  // s[at + stride·k] = s[at + stride·k] combined with v, if 0 <= k < limit

  public static void combineF32(
      MemorySegment s, long at, long k, float v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_FLOAT_UNALIGNED,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_FLOAT_UNALIGNED, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_FLOAT_UNALIGNED, to), v);
        });
  }

  public static void combineF64(
      MemorySegment s, long at, long k, double v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_DOUBLE_UNALIGNED,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, to), v);
        });
  }

  public static void combineI32(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_INT_UNALIGNED,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_INT_UNALIGNED, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_INT_UNALIGNED, to), v);
        });
  }

  public static void combineI64(
      MemorySegment s, long at, long k, long v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_LONG_UNALIGNED,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_LONG_UNALIGNED, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_LONG_UNALIGNED, to), v);
        });
  }

  public static void combineBOOL(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    requireSet(how);
    s.set(ValueLayout.JAVA_BYTE, at + stride * k, (byte) v);
  }

  public static void combineI8(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineBOOL(s, at, k, v, stride, limit, how);
  }

  public static void combineU8(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineBOOL(s, at, k, v, stride, limit, how);
  }

  public static void combineI16(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    requireSet(how);
    s.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + stride * k, (short) v);
  }

  public static void combineF16(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineI16(s, at, k, v, stride, limit, how);
  }

  public static void combineBF16(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineI16(s, at, k, v, stride, limit, how);
  }

  /**
   * Checks that storage types are only stored: their sums and extremes are computed in wider types.
   */
  private static void requireSet(Index.Combine how) {
    if (how != Index.Combine.SET) {
      throw new IllegalStateException(how + " in a type that is only stored");
    }
  }
}
