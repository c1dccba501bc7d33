package dev.engram.backend.cpu.scalar;

import dev.engram.ir.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Copies rows between memory and arrays of the element type; bytes for bool and u8, chars for
 * 16-bit floats. Strides are in bytes.
 */
public final class RowCopies {
  private RowCopies() {}

  public static void load(
      MemorySegment from, long at, long stride, DType dtype, Object row, int n) {
    switch (dtype) {
      case F32 -> loadFloats(from, at, stride, (float[]) row, n);
      case F64 -> loadDoubles(from, at, stride, (double[]) row, n);
      case I32 -> loadInts(from, at, stride, (int[]) row, n);
      case I64 -> loadLongs(from, at, stride, (long[]) row, n);
      case F16, BF16 -> loadChars(from, at, stride, (char[]) row, n);
      case I16 -> loadShorts(from, at, stride, (short[]) row, n);
      case I8, U8, BOOL -> loadBytes(from, at, stride, (byte[]) row, n);
    }
  }

  private static void loadFloats(MemorySegment from, long at, long stride, float[] row, int n) {
    if (stride == 4) {
      MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, at, row, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      row[i] = from.get(ValueLayout.JAVA_FLOAT, at + i * stride);
    }
  }

  private static void loadDoubles(MemorySegment from, long at, long stride, double[] row, int n) {
    if (stride == 8) {
      MemorySegment.copy(from, ValueLayout.JAVA_DOUBLE, at, row, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      row[i] = from.get(ValueLayout.JAVA_DOUBLE, at + i * stride);
    }
  }

  private static void loadInts(MemorySegment from, long at, long stride, int[] row, int n) {
    if (stride == 4) {
      MemorySegment.copy(from, ValueLayout.JAVA_INT, at, row, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      row[i] = from.get(ValueLayout.JAVA_INT, at + i * stride);
    }
  }

  private static void loadLongs(MemorySegment from, long at, long stride, long[] row, int n) {
    if (stride == 8) {
      MemorySegment.copy(from, ValueLayout.JAVA_LONG, at, row, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      row[i] = from.get(ValueLayout.JAVA_LONG, at + i * stride);
    }
  }

  private static void loadChars(MemorySegment from, long at, long stride, char[] row, int n) {
    if (stride == 2) {
      MemorySegment.copy(from, ValueLayout.JAVA_CHAR, at, row, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      row[i] = from.get(ValueLayout.JAVA_CHAR, at + i * stride);
    }
  }

  private static void loadShorts(MemorySegment from, long at, long stride, short[] row, int n) {
    if (stride == 2) {
      MemorySegment.copy(from, ValueLayout.JAVA_SHORT, at, row, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      row[i] = from.get(ValueLayout.JAVA_SHORT, at + i * stride);
    }
  }

  private static void loadBytes(MemorySegment from, long at, long stride, byte[] row, int n) {
    if (stride == 1) {
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, row, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      row[i] = from.get(ValueLayout.JAVA_BYTE, at + i * stride);
    }
  }

  public static void store(Object row, DType dtype, MemorySegment to, long at, long stride, int n) {
    switch (dtype) {
      case F32 -> {
        float[] a = (float[]) row;
        if (stride == 4) {
          MemorySegment.copy(a, 0, to, ValueLayout.JAVA_FLOAT, at, n);
        } else {
          for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_FLOAT, at + i * stride, a[i]);
          }
        }
      }
      case F64 -> {
        double[] a = (double[]) row;
        if (stride == 8) {
          MemorySegment.copy(a, 0, to, ValueLayout.JAVA_DOUBLE, at, n);
        } else {
          for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_DOUBLE, at + i * stride, a[i]);
          }
        }
      }
      case I32 -> {
        int[] a = (int[]) row;
        if (stride == 4) {
          MemorySegment.copy(a, 0, to, ValueLayout.JAVA_INT, at, n);
        } else {
          for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_INT, at + i * stride, a[i]);
          }
        }
      }
      case I64 -> {
        long[] a = (long[]) row;
        if (stride == 8) {
          MemorySegment.copy(a, 0, to, ValueLayout.JAVA_LONG, at, n);
        } else {
          for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_LONG, at + i * stride, a[i]);
          }
        }
      }
      case F16, BF16 -> {
        char[] a = (char[]) row;
        if (stride == 2) {
          MemorySegment.copy(a, 0, to, ValueLayout.JAVA_CHAR, at, n);
        } else {
          for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_CHAR, at + i * stride, a[i]);
          }
        }
      }
      case I16 -> {
        short[] a = (short[]) row;
        if (stride == 2) {
          MemorySegment.copy(a, 0, to, ValueLayout.JAVA_SHORT, at, n);
        } else {
          for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_SHORT, at + i * stride, a[i]);
          }
        }
      }
      case I8, U8, BOOL -> {
        byte[] a = (byte[]) row;
        if (stride == 1) {
          MemorySegment.copy(a, 0, to, ValueLayout.JAVA_BYTE, at, n);
        } else {
          for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_BYTE, at + i * stride, a[i]);
          }
        }
      }
    }
  }
}
