package dev.engram.backend.cpu.run;

import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import java.util.Arrays;

/** Starts folds, joins their blocks and finishes them, on arrays of partial results. */
public final class Folds {
  private Folds() {}

  /** Returns the raw bits of a fold's initial value. */
  public static long start(Reduce.Kind kind, DType dtype) {
    return switch (kind) {
      case SUM, ANY, ARGMAX, ARGMIN -> 0;
      case ALL -> 1;
      case PROD -> dtype.bitsOf(1);
      case MAX -> dtype.lowest();
      case MIN -> dtype.highest();
    };
  }

  public static void fill(Object row, DType dtype, int n, long bits) {
    switch (dtype) {
      case F32 -> Arrays.fill((float[]) row, 0, n, Float.intBitsToFloat((int) bits));
      case F64 -> Arrays.fill((double[]) row, 0, n, Double.longBitsToDouble(bits));
      case I32 -> Arrays.fill((int[]) row, 0, n, (int) bits);
      case I64 -> Arrays.fill((long[]) row, 0, n, bits);
      case F16, BF16 -> Arrays.fill((char[]) row, 0, n, (char) bits);
      case I16 -> Arrays.fill((short[]) row, 0, n, (short) bits);
      case I8, U8, BOOL -> Arrays.fill((byte[]) row, 0, n, (byte) bits);
    }
  }

  /**
   * Folds {@code lanes} rows of {@code length} partial results into the first, in halves: row i
   * with row i + lanes/2, and so on.
   */
  public static void halve(Object rows, Reduce.Kind kind, DType dtype, int lanes, int length) {
    for (int half = lanes / 2; half > 0; half /= 2) {
      int n = half * length;
      switch (dtype) {
        case F32 -> halve((float[]) rows, kind, n);
        case F64 -> halve((double[]) rows, kind, n);
        case I32 -> halve((int[]) rows, kind, n);
        case I64 -> halve((long[]) rows, kind, n);
        case BOOL -> halve((byte[]) rows, kind, n);
        case F16, BF16, I8, I16, U8 -> throw new IllegalStateException("a fold of " + dtype);
      }
    }
  }

  /**
   * row_i = earlier_{at + i} combined with row_i; only folds that round are divided into blocks.
   */
  public static void combine(
      Object earlier, int at, Object row, Reduce.Kind kind, DType dtype, int n) {
    switch (dtype) {
      case F32 -> combine((float[]) earlier, at, (float[]) row, kind, n);
      case F64 -> combine((double[]) earlier, at, (double[]) row, kind, n);
      case I32, I64, BOOL, F16, BF16, I8, I16, U8 ->
          throw new IllegalStateException("blocks of " + dtype);
    }
  }

  private static IllegalStateException oneLane(Reduce.Kind kind) {
    return new IllegalStateException(kind + " has one lane");
  }

  private static void halve(float[] a, Reduce.Kind kind, int n) {
    switch (kind) {
      case SUM -> {
        for (int i = 0; i < n; i++) {
          a[i] += a[i + n];
        }
      }
      case PROD -> {
        for (int i = 0; i < n; i++) {
          a[i] *= a[i + n];
        }
      }
      case MAX -> {
        for (int i = 0; i < n; i++) {
          a[i] = Math.max(a[i], a[i + n]);
        }
      }
      case MIN -> {
        for (int i = 0; i < n; i++) {
          a[i] = Math.min(a[i], a[i + n]);
        }
      }
      case ANY, ALL, ARGMAX, ARGMIN -> throw oneLane(kind);
    }
  }

  private static void halve(double[] a, Reduce.Kind kind, int n) {
    switch (kind) {
      case SUM -> {
        for (int i = 0; i < n; i++) {
          a[i] += a[i + n];
        }
      }
      case PROD -> {
        for (int i = 0; i < n; i++) {
          a[i] *= a[i + n];
        }
      }
      case MAX -> {
        for (int i = 0; i < n; i++) {
          a[i] = Math.max(a[i], a[i + n]);
        }
      }
      case MIN -> {
        for (int i = 0; i < n; i++) {
          a[i] = Math.min(a[i], a[i + n]);
        }
      }
      case ANY, ALL, ARGMAX, ARGMIN -> throw oneLane(kind);
    }
  }

  private static void halve(int[] a, Reduce.Kind kind, int n) {
    for (int i = 0; i < n; i++) {
      a[i] =
          switch (kind) {
            case SUM -> a[i] + a[i + n];
            case PROD -> a[i] * a[i + n];
            case MAX -> Math.max(a[i], a[i + n]);
            case MIN -> Math.min(a[i], a[i + n]);
            case ANY, ALL, ARGMAX, ARGMIN -> throw oneLane(kind);
          };
    }
  }

  private static void halve(long[] a, Reduce.Kind kind, int n) {
    for (int i = 0; i < n; i++) {
      a[i] =
          switch (kind) {
            case SUM -> a[i] + a[i + n];
            case PROD -> a[i] * a[i + n];
            case MAX -> Math.max(a[i], a[i + n]);
            case MIN -> Math.min(a[i], a[i + n]);
            case ANY, ALL, ARGMAX, ARGMIN -> throw oneLane(kind);
          };
    }
  }

  private static void combine(float[] earlier, int at, float[] row, Reduce.Kind kind, int n) {
    boolean sum = kind == Reduce.Kind.SUM;
    for (int i = 0; i < n; i++) {
      row[i] = sum ? earlier[at + i] + row[i] : earlier[at + i] * row[i];
    }
  }

  private static void combine(double[] earlier, int at, double[] row, Reduce.Kind kind, int n) {
    boolean sum = kind == Reduce.Kind.SUM;
    for (int i = 0; i < n; i++) {
      row[i] = sum ? earlier[at + i] + row[i] : earlier[at + i] * row[i];
    }
  }

  private static void halve(byte[] a, Reduce.Kind kind, int n) {
    for (int i = 0; i < n; i++) {
      a[i] =
          switch (kind) {
            case ANY -> (byte) (a[i] | a[i + n]);
            case ALL -> (byte) (a[i] & a[i + n]);
            case SUM, PROD, MAX, MIN, ARGMAX, ARGMIN -> throw oneLane(kind);
          };
    }
  }
}
