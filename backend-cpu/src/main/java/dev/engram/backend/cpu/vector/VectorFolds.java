package dev.engram.backend.cpu.vector;

import dev.engram.ir.op.Reduce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Finishes folds whose partial results are in scratch memory; called by generated code. */
public final class VectorFolds {
  private VectorFolds() {}

  /** Folds {@code lanes} partial results at {@code from}, in halves, and writes the result. */
  public static void finishF32(MemorySegment s, long from, Reduce.Kind kind, int lanes, long to) {
    for (int half = lanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        long at = from + 4L * i;
        float a = s.get(ValueLayout.JAVA_FLOAT, at);
        float b = s.get(ValueLayout.JAVA_FLOAT, at + 4L * half);
        float c =
            switch (kind) {
              case SUM -> a + b;
              case PROD -> a * b;
              case MAX -> Math.max(a, b);
              case MIN -> Math.min(a, b);
              case ANY, ALL, ARGMAX, ARGMIN -> throw new IllegalStateException(kind.name());
            };
        s.set(ValueLayout.JAVA_FLOAT, at, c);
      }
    }
    s.set(ValueLayout.JAVA_FLOAT, to, s.get(ValueLayout.JAVA_FLOAT, from));
  }

  /** Folds {@code lanes} partial results at {@code from}, in halves, and writes the result. */
  public static void finishF64(MemorySegment s, long from, Reduce.Kind kind, int lanes, long to) {
    for (int half = lanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        long at = from + 8L * i;
        double a = s.get(ValueLayout.JAVA_DOUBLE, at);
        double b = s.get(ValueLayout.JAVA_DOUBLE, at + 8L * half);
        double c =
            switch (kind) {
              case SUM -> a + b;
              case PROD -> a * b;
              case MAX -> Math.max(a, b);
              case MIN -> Math.min(a, b);
              case ANY, ALL, ARGMAX, ARGMIN -> throw new IllegalStateException(kind.name());
            };
        s.set(ValueLayout.JAVA_DOUBLE, at, c);
      }
    }
    s.set(ValueLayout.JAVA_DOUBLE, to, s.get(ValueLayout.JAVA_DOUBLE, from));
  }
}
