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
    if (how != Index.Combine.SET) {
      throw new IllegalStateException(how + " of bools");
    }
    s.set(ValueLayout.JAVA_BYTE, at + stride * k, (byte) v);
  }
}
