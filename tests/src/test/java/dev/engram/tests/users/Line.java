package dev.engram.tests.users;

import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * A line of a user's function: what it does to states in the library, and the same to arrays.
 *
 * @param i the state that it is about
 * @param j another state
 * @param c a small number
 */
record Line(Kind kind, int i, int j, int c) {
  private static final HostTensor ZERO = HostTensor.of(new int[] {0}).reshape().host();

  enum Kind {
    /** s ← s + c. */
    ADD,
    /** s ← 2 s - t. */
    COMBINE,
    /** s ← t. */
    COPY,
    /** s, t ← t, s. */
    SWAP,
    /** s, t ← t + c, s. */
    CROSS,
    /** Rows move down by one, the last to the top. */
    ROLL,
    REVERSE,
    /** s ← sᵀ, where that has the type of s. */
    TRANSPOSE,
    /** s ← s - t s, for square matrices of floats. */
    PRODUCT,
    /** The first row ← the last row of t. */
    ROW,
    /** s ← s - the maximum of its rows. */
    FROM_MAXIMUM,
    /** Three steps of a loop: s ← s + c. */
    LOOP,
    /** s ← s + c while its sum is small, at most 5 times. */
    WHILE,
    /** s ← s + c where the first element is positive, else s - c. */
    BRANCH,
    /** s ← s + c, row by row. */
    MAP,
    /** s ← s + the argument. */
    ARGUMENT,
    /** s ← the argument. */
    TAKE,
    /** s is a result. */
    RESULT,
    /** s in reverse is a result. */
    RESULT_OF_VIEW,
    /** The run ends with an error where s is above 20. */
    CHECK,
    /** The run ends with an error where c is 0, after the hook has looked. */
    HOOK
  }

  private static final int BOUND = 20;

  /** The error of a check, in the model. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * What the line is run with.
   *
   * @param hook is called in the middle of a run
   */
  record With(List<State> states, Tensor argument, List<Tensor> results, Consumer<State> hook) {}

  private static Tensor clip(Tensor x) {
    return x.max(x.like(-Plain.MOST)).min(x.like(Plain.MOST));
  }

  private static Tensor plus(Tensor x, int c) {
    return clip(x.add(x.like(c)));
  }

  void run(With w) {
    State s = w.states().get(i);
    State t = w.states().get(j);
    Tensor x = s.value();
    int rows = x.dim(0);
    switch (kind) {
      case ADD -> s.set(plus(x, c));
      case COMBINE -> s.set(clip(x.add(x).sub(t.value())));
      case COPY -> s.set(t.value());
      case SWAP -> {
        s.set(t.value());
        t.set(x);
      }
      case CROSS -> {
        s.set(plus(t.value(), c));
        t.set(x);
      }
      case ROLL -> s.set(x.roll(0, 1));
      case REVERSE -> s.set(x.reverse(0));
      case TRANSPOSE -> s.set(x.rank() == 2 && rows == x.dim(1) ? x.transpose(1, 0) : x);
      case PRODUCT -> s.set(multiplies(x) ? clip(x.sub(t.value().matmul(x))) : x);
      case ROW -> s.set(Tensor.concat(0, t.value().slice(0, rows - 1, rows), x.slice(0, 1, rows)));
      case FROM_MAXIMUM -> s.set(clip(x.sub(x.max(0).expandDims(0))));
      case LOOP ->
          Engram.forLoop(
              () -> {
                s.set(plus(s.value(), c));
                return ZERO;
              },
              3);
      case WHILE ->
          s.set(
              Engram.whileLoop(
                  (Tensor v) -> v.cast(DType.F64).sum().lt(100), (Tensor v) -> plus(v, c), x, 5));
      case BRANCH ->
          s.set(
              Engram.cond(
                  x.reshape((int) x.shape().size()).get(0).gt(0),
                  v -> plus(v, c),
                  v -> plus(v, -c),
                  x));
      case MAP -> s.set(Engram.vmap((Tensor row) -> plus(row, c)).apply(x));
      case ARGUMENT -> s.set(clip(x.add(w.argument())));
      case TAKE -> s.set(w.argument());
      case RESULT -> w.results().add(x);
      case RESULT_OF_VIEW -> w.results().add(x.reverse(0));
      case CHECK ->
          w.results()
              .add(
                  x.cast(DType.I32).checkRange("elements", -Plain.MOST, BOUND + 1).cast(x.dtype()));
      case HOOK ->
          Debug.progress(
              ZERO,
              1,
              (_, _) -> {
                w.hook().accept(s);
                if (c == 0) {
                  throw new IllegalStateException("the hook's own error");
                }
              });
    }
  }

  private static boolean multiplies(Tensor x) {
    boolean square = x.rank() == 2 && x.dim(0) == x.dim(1);
    return square && (x.dtype() == DType.F32 || x.dtype() == DType.F64);
  }

  /**
   * @param results gets one array for each result
   */
  void plainly(Plain p, long[] argument, List<long[]> results) {
    long[][] all = p.values();
    long[] x = all[i];
    int rows = p.rows();
    int width = p.width();
    switch (kind) {
      case ADD, MAP -> all[i] = plus(x, c);
      case COMBINE -> {
        long[] next = new long[x.length];
        for (int k = 0; k < x.length; k++) {
          next[k] = Plain.clip(2 * x[k] - all[j][k]);
        }
        all[i] = next;
      }
      case COPY -> all[i] = all[j];
      case SWAP -> {
        all[i] = all[j];
        all[j] = x;
      }
      case CROSS -> {
        all[i] = plus(all[j], c);
        all[j] = x;
      }
      case ROLL -> all[i] = rows(x, width, r -> (r + rows - 1) % rows);
      case REVERSE -> all[i] = reversed(x, width);
      case TRANSPOSE -> {
        if (p.isSquare()) {
          long[] next = new long[x.length];
          for (int k = 0; k < x.length; k++) {
            next[k] = x[k % rows * rows + k / rows];
          }
          all[i] = next;
        }
      }
      case PRODUCT -> {
        if (p.isSquare() && (p.type().dtype() == DType.F32 || p.type().dtype() == DType.F64)) {
          all[i] = product(x, all[j], rows);
        }
      }
      case ROW -> {
        long[] next = x.clone();
        System.arraycopy(all[j], (rows - 1) * width, next, 0, width);
        all[i] = next;
      }
      case FROM_MAXIMUM -> {
        long[] next = new long[x.length];
        for (int k = 0; k < x.length; k++) {
          long most = Long.MIN_VALUE;
          for (int r = 0; r < rows; r++) {
            most = Math.max(most, x[r * width + k % width]);
          }
          next[k] = Plain.clip(x[k] - most);
        }
        all[i] = next;
      }
      case LOOP -> all[i] = plus(plus(plus(x, c), c), c);
      case WHILE -> {
        for (int k = 0; k < 5 && sum(all[i]) < 100; k++) {
          all[i] = plus(all[i], c);
        }
      }
      case BRANCH -> all[i] = plus(x, x[0] > 0 ? c : -c);
      case ARGUMENT -> {
        long[] next = new long[x.length];
        for (int k = 0; k < x.length; k++) {
          next[k] = Plain.clip(x[k] + argument[k]);
        }
        all[i] = next;
      }
      case TAKE -> all[i] = argument;
      case RESULT -> results.add(x);
      case RESULT_OF_VIEW -> results.add(reversed(x, width));
      case CHECK -> {
        for (long v : x) {
          if (v > BOUND) {
            throw new Refused();
          }
        }
        results.add(x);
      }
      case HOOK -> {
        if (c == 0) {
          throw new Refused();
        }
      }
    }
  }

  private static long[] plus(long[] x, long c) {
    long[] next = new long[x.length];
    for (int k = 0; k < x.length; k++) {
      next[k] = Plain.clip(x[k] + c);
    }
    return next;
  }

  private static long sum(long[] x) {
    long sum = 0;
    for (long v : x) {
      sum += v;
    }
    return sum;
  }

  private static long[] rows(long[] x, int width, IntUnaryOperator from) {
    long[] next = new long[x.length];
    for (int r = 0; r < x.length / width; r++) {
      System.arraycopy(x, from.applyAsInt(r) * width, next, r * width, width);
    }
    return next;
  }

  private static long[] reversed(long[] x, int width) {
    int last = x.length / width - 1;
    return rows(x, width, r -> last - r);
  }

  private static long[] product(long[] x, long[] t, int n) {
    long[] next = new long[x.length];
    for (int r = 0; r < n; r++) {
      for (int c = 0; c < n; c++) {
        long dot = 0;
        for (int k = 0; k < n; k++) {
          dot += t[r * n + k] * x[k * n + c];
        }
        next[r * n + c] = Plain.clip(x[r * n + c] - dot);
      }
    }
    return next;
  }
}
