package dev.engram.backend.cpu;

import dev.engram.ir.Index;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Single elements at computed positions, called by generated code; named by element type. */
final class Elements {
  private Elements() {}

  static float getF32(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_FLOAT, at);
  }

  static double getF64(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_DOUBLE, at);
  }

  static int getI32(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_INT, at);
  }

  static long getI64(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_LONG, at);
  }

  static int getBOOL(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_BYTE, at);
  }

  static int getI8(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_BYTE, at);
  }

  static int getU8(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
  }

  static int getI16(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_SHORT, at);
  }

  static int getF16(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_CHAR, at);
  }

  static int getBF16(MemorySegment s, long at) {
    return s.get(ValueLayout.JAVA_CHAR, at);
  }

  // s[at + stride·k] combined with v, nothing unless 0 <= k < limit

  static void combineF32(
      MemorySegment s, long at, long k, float v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_FLOAT,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_FLOAT, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_FLOAT, to), v);
        });
  }

  static void combineF64(
      MemorySegment s, long at, long k, double v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_DOUBLE,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_DOUBLE, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_DOUBLE, to), v);
        });
  }

  static void combineI32(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_INT,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_INT, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_INT, to), v);
        });
  }

  static void combineI64(
      MemorySegment s, long at, long k, long v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    long to = at + stride * k;
    s.set(
        ValueLayout.JAVA_LONG,
        to,
        switch (how) {
          case SET -> v;
          case ADD -> s.get(ValueLayout.JAVA_LONG, to) + v;
          case MAX -> Math.max(s.get(ValueLayout.JAVA_LONG, to), v);
        });
  }

  static void combineBOOL(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    requireSet(how);
    s.set(ValueLayout.JAVA_BYTE, at + stride * k, (byte) v);
  }

  static void combineI8(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineBOOL(s, at, k, v, stride, limit, how);
  }

  static void combineU8(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineBOOL(s, at, k, v, stride, limit, how);
  }

  static void combineI16(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    if (k < 0 || k >= limit) {
      return;
    }
    requireSet(how);
    s.set(ValueLayout.JAVA_SHORT, at + stride * k, (short) v);
  }

  static void combineF16(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineI16(s, at, k, v, stride, limit, how);
  }

  static void combineBF16(
      MemorySegment s, long at, long k, int v, long stride, long limit, Index.Combine how) {
    combineI16(s, at, k, v, stride, limit, how);
  }

  /** Sums and extremes of types of storage are made in wider ones. */
  private static void requireSet(Index.Combine how) {
    if (how != Index.Combine.SET) {
      throw new IllegalStateException(how + " in a type that is only stored");
    }
  }
}
