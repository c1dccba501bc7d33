package dev.engram.lower.interpret;

import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.lower.FoldBlocks;
import dev.engram.lower.FoldOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** The partial results of one fold, in the order that {@link FoldOrder} fixes. */
final class FoldState {
  private final Reduce.Kind kind;
  private final DType dtype;
  private final FoldBlocks blocks;
  private final Deque<long[]> stack = new ArrayDeque<>();
  private final long[] partial;
  private long r;
  private long best;

  /** The point at which the block ends. */
  private long end;

  FoldState(Reduce.Kind kind, DType dtype, FoldOrder order) {
    this.kind = kind;
    this.dtype = dtype;
    this.blocks = new FoldBlocks(order);
    this.partial = new long[order.lanes()];
  }

  void start() {
    Arrays.fill(partial, startValue(kind, dtype));
    blocks.start();
    stack.clear();
    r = 0;
    best = 0;
    end = blocks.left();
  }

  // A block that has ended is pushed when the next one has a point.
  private void beforePoint() {
    if (r < end) {
      return;
    }
    for (int sums = blocks.next(); sums > 0; sums--) {
      addTop();
    }
    stack.push(partial.clone());
    Arrays.fill(partial, startValue(kind, dtype));
    end += blocks.left();
  }

  private void addTop() {
    long[] top = stack.pop();
    for (int i = 0; i < top.length; i++) {
      partial[i] = combine(top[i], partial[i]);
    }
  }

  static long startValue(Reduce.Kind kind, DType dtype) {
    return switch (kind) {
      case SUM, ANY, ARGMAX, ARGMIN -> 0;
      case ALL -> 1;
      case PROD -> dtype.bitsOf(1);
      case MAX -> dtype.lowest();
      case MIN -> dtype.highest();
    };
  }

  void add(long v) {
    beforePoint();
    int lane = (int) (r % partial.length);
    switch (kind) {
      case ARGMAX, ARGMIN -> {
        if (r == 0 || better(v, partial[0])) {
          partial[0] = v;
          best = r;
        }
      }
      case SUM, PROD, MAX, MIN, ANY, ALL -> partial[lane] = combine(partial[lane], v);
    }
    r++;
  }

  // NaN wins over every number, as it does in max and min; the first extreme stays.
  private boolean better(long v, long top) {
    boolean most = kind == Reduce.Kind.ARGMAX;
    if (!dtype.isFloat()) {
      return most ? v > top : v < top;
    }
    double a = dtype.toDouble(v);
    double b = dtype.toDouble(top);
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return !Double.isNaN(b);
    }
    return most ? a > b : a < b;
  }

  private long combine(long a, long b) {
    return switch (kind) {
      case SUM -> NestRun.apply(Rows.ADD, dtype, a, b, 0);
      case PROD -> NestRun.apply(Rows.MUL, dtype, a, b, 0);
      case MAX -> NestRun.apply(Rows.MAX, dtype, a, b, 0);
      case MIN -> NestRun.apply(Rows.MIN, dtype, a, b, 0);
      case ANY -> a | b;
      case ALL -> a & b;
      case ARGMAX, ARGMIN -> throw new IllegalStateException("arg folds have one lane");
    };
  }

  // acc = fma(a, b, acc), one rounding
  void addProduct(long a, long b) {
    beforePoint();
    partial[0] =
        switch (dtype) {
          case F32 ->
              Float.floatToRawIntBits(
                      Math.fma(
                          Float.intBitsToFloat((int) a),
                          Float.intBitsToFloat((int) b),
                          Float.intBitsToFloat((int) partial[0])))
                  & 0xFFFFFFFFL;
          case F64 ->
              Double.doubleToRawLongBits(
                  Math.fma(
                      Double.longBitsToDouble(a),
                      Double.longBitsToDouble(b),
                      Double.longBitsToDouble(partial[0])));
          case I32 -> (int) (a * b + partial[0]);
          case I64 -> a * b + partial[0];
          case F16, BF16, I8, I16, U8, BOOL -> throw new IllegalStateException(dtype + " products");
        };
    r++;
  }

  long result() {
    if (kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN) {
      return best;
    }
    while (!stack.isEmpty()) {
      addTop();
    }
    for (int half = partial.length / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        partial[i] = combine(partial[i], partial[i + half]);
      }
    }
    return partial[0];
  }
}
