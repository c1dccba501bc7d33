package dev.engram.ir.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Reduce;
import java.util.List;
import java.util.stream.IntStream;

/** Reductions, in row-major order of the reduced positions. */
final class InterpretReduce {
  private InterpretReduce() {}

  static HostTensor eval(Reduce op, HostTensor x, TensorType type) {
    List<Integer> kept =
        IntStream.range(0, x.rank()).filter(a -> !op.axes().contains(a)).boxed().toList();
    int[] outer = IndexMap.offsets(x.shape(), kept);
    int[] inner = IndexMap.offsets(x.shape(), op.axes());
    HostTensor out = HostTensor.allocate(type);
    for (int i = 0; i < outer.length; i++) {
      switch (op.kind()) {
        case SUM, PROD, MAX, MIN -> {
          if (x.dtype().isFloat()) {
            out.setDouble(i, real(op.kind(), x, outer[i], inner));
          } else {
            out.setBits(i, whole(op.kind(), x, outer[i], inner));
          }
        }
        case ANY, ALL -> out.setBits(i, logic(op.kind(), x, outer[i], inner));
        case ARGMAX, ARGMIN -> out.setBits(i, arg(op.kind(), x, outer[i], inner));
      }
    }
    return out;
  }

  private static double real(Reduce.Kind kind, HostTensor x, int base, int[] inner) {
    double acc =
        switch (kind) {
          // -0 + x = x for every x, so the sum of one element is that element
          case SUM -> inner.length == 0 ? 0.0 : -0.0;
          case PROD -> 1;
          case MAX -> Double.NEGATIVE_INFINITY;
          case MIN -> Double.POSITIVE_INFINITY;
          case ANY, ALL, ARGMAX, ARGMIN -> throw new AssertionError(kind);
        };
    for (int j : inner) {
      double v = x.getDouble(base + j);
      acc =
          switch (kind) {
            case SUM -> acc + v;
            case PROD -> acc * v;
            case MAX -> Math.max(acc, v);
            case MIN -> Math.min(acc, v);
            case ANY, ALL, ARGMAX, ARGMIN -> throw new AssertionError(kind);
          };
    }
    return acc;
  }

  private static long whole(Reduce.Kind kind, HostTensor x, int base, int[] inner) {
    long acc =
        switch (kind) {
          case SUM -> 0;
          case PROD -> 1;
          case MAX -> x.dtype().lowest();
          case MIN -> x.dtype().highest();
          case ANY, ALL, ARGMAX, ARGMIN -> throw new AssertionError(kind);
        };
    for (int j : inner) {
      long v = x.bits(base + j);
      acc =
          switch (kind) {
            case SUM -> acc + v;
            case PROD -> acc * v;
            case MAX -> Math.max(acc, v);
            case MIN -> Math.min(acc, v);
            case ANY, ALL, ARGMAX, ARGMIN -> throw new AssertionError(kind);
          };
    }
    return acc;
  }

  private static long logic(Reduce.Kind kind, HostTensor x, int base, int[] inner) {
    long decides = kind == Reduce.Kind.ANY ? 1 : 0;
    for (int j : inner) {
      if (x.bits(base + j) == decides) {
        return decides;
      }
    }
    return 1 - decides;
  }

  private static long arg(Reduce.Kind kind, HostTensor x, int base, int[] inner) {
    boolean most = kind == Reduce.Kind.ARGMAX;
    int best = 0;
    for (int j = 1; j < inner.length; j++) {
      int at = base + inner[j];
      int top = base + inner[best];
      boolean better =
          x.dtype().isFloat()
              ? better(most, x.getDouble(at), x.getDouble(top))
              : most ? x.bits(at) > x.bits(top) : x.bits(at) < x.bits(top);
      if (better) {
        best = j;
      }
    }
    return best;
  }

  // NaN wins over every number, as it does in max and min.
  private static boolean better(boolean most, double v, double top) {
    if (Double.isNaN(v) || Double.isNaN(top)) {
      return !Double.isNaN(top);
    }
    return most ? v > top : v < top;
  }
}
