package dev.engram.lower.fuse;

import dev.engram.ir.Shape;
import dev.engram.lower.AffineMap;
import java.util.Arrays;
import java.util.List;

/** An index for each axis of a tensor, affine in the axes of a nest. Immutable. */
public final class AffineIndex {
  private final int space;
  private final long[] offset;
  private final long[][] stride;

  private AffineIndex(int space, long[] offset, long[][] stride) {
    this.space = space;
    this.offset = offset;
    this.stride = stride;
  }

  /**
   * Returns the index in which tensor axis d runs along nest axis {@code axisOf[d]}, or is 0 if
   * that is -1.
   */
  public static AffineIndex along(int[] axisOf, int space) {
    long[][] stride = new long[axisOf.length][space];
    for (int d = 0; d < axisOf.length; d++) {
      if (axisOf[d] >= 0) {
        stride[d][axisOf[d]] = 1;
      }
    }
    return new AffineIndex(space, new long[axisOf.length], stride);
  }

  /** Returns a fixed position. */
  public static AffineIndex at(int space, long... index) {
    return new AffineIndex(space, index.clone(), new long[index.length][space]);
  }

  public int rank() {
    return offset.length;
  }

  /** Returns the number of nest axes. */
  public int space() {
    return space;
  }

  long offset(int d) {
    return offset[d];
  }

  long[] strides(int d) {
    return stride[d];
  }

  /** Permutes axes: axis i of the result is axis {@code from[i]} of this, or 0 if that is -1. */
  public AffineIndex pick(int... from) {
    AffineIndex p = new AffineIndex(space, new long[from.length], new long[from.length][]);
    for (int i = 0; i < from.length; i++) {
      if (from[i] >= 0) {
        p.offset[i] = offset[from[i]];
        p.stride[i] = stride[from[i]];
      } else {
        p.stride[i] = new long[space];
      }
    }
    return p;
  }

  /** Returns the axes of this, then those of {@code tail}. */
  AffineIndex concat(AffineIndex tail) {
    int n = rank();
    long[] o = Arrays.copyOf(offset, n + tail.rank());
    long[][] s = Arrays.copyOf(stride, n + tail.rank());
    System.arraycopy(tail.offset, 0, o, n, tail.rank());
    System.arraycopy(tail.stride, 0, s, n, tail.rank());
    return new AffineIndex(space, o, s);
  }

  /** Every index i becomes {@code add[d] + times[d]·i}. */
  AffineIndex affine(long[] add, long[] times) {
    AffineIndex p = new AffineIndex(space, new long[rank()], new long[rank()][]);
    for (int d = 0; d < rank(); d++) {
      long k = times[d];
      p.offset[d] = add[d] + k * offset[d];
      p.stride[d] = k == 1 ? stride[d] : Arrays.stream(stride[d]).map(x -> k * x).toArray();
    }
    return p;
  }

  /**
   * The index of {@code axis} becomes {@code start} more, and {@code step} times that of {@code
   * by}.
   */
  AffineIndex shear(int axis, int by, int step, int start) {
    AffineIndex p = new AffineIndex(space, offset.clone(), stride.clone());
    p.stride[axis] = stride[axis].clone();
    p.offset[axis] += start;
    accumulate(this, by, step, p, axis);
    return p;
  }

  /** Adds {@code Σ times[d]·index[d]} as one more axis. */
  private static void accumulate(AffineIndex from, int d, long times, AffineIndex to, int at) {
    to.offset[at] += times * from.offset[d];
    for (int a = 0; a < from.space; a++) {
      to.stride[at][a] += times * from.stride[d][a];
    }
  }

  /**
   * Maps a point of a reshape's result to the point of its operand; returns null when an index of
   * the operand is not affine in those of the result.
   */
  @org.jspecify.annotations.Nullable
  AffineIndex unreshape(Shape result, Shape operand) {
    AffineIndex p =
        new AffineIndex(space, new long[operand.rank()], new long[operand.rank()][space]);
    if (result.size() == 0) {
      return p;
    }
    int i = 0;
    int j = 0;
    while (i < operand.rank() || j < result.rank()) {
      int i0 = i;
      int j0 = j;
      long a = i < operand.rank() ? operand.dim(i++) : 1;
      long b = j < result.rank() ? result.dim(j++) : 1;
      while (a != b) {
        if (a < b) {
          a *= operand.dim(i++);
        } else {
          b *= result.dim(j++);
        }
      }
      int only = -1;
      for (int d = i0; d < i; d++) {
        if (operand.dim(d) != 1) {
          if (only >= 0) {
            return null;
          }
          only = d;
        }
      }
      long step = 1;
      for (int d = j - 1; only >= 0 && d >= j0; d--) {
        accumulate(this, d, step, p, only);
        step *= result.dim(d);
      }
    }
    return p;
  }

  /** Returns {@code offset + Σ strides[d]·index[d]} as an index map of the nest. */
  public AffineMap address(long base, List<Long> outer, long[] strides) {
    AffineIndex one = new AffineIndex(space, new long[] {base}, new long[1][space]);
    for (int d = 0; d < rank(); d++) {
      accumulate(this, d, strides[d], one, 0);
    }
    return new AffineMap(one.offset[0], outer, Arrays.stream(one.stride[0]).boxed().toList());
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof AffineIndex p
        && space == p.space
        && Arrays.equals(offset, p.offset)
        && Arrays.deepEquals(stride, p.stride);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(offset) + Arrays.deepHashCode(stride);
  }
}
