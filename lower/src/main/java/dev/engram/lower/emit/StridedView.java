package dev.engram.lower.emit;

import dev.engram.ir.Shape;
import dev.engram.lower.Access;
import dev.engram.lower.fuse.AffineIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the elements of a tensor are: {@code offset + Σ outer[i]·t_i + Σ stride[d]·i_d} in a
 * buffer.
 *
 * @param outer a stride for each enclosing loop, outermost first; shorter if the view does not
 *     depend on inner loops
 */
public record StridedView(int buffer, long offset, List<Long> outer, List<Long> stride) {
  public StridedView {
    outer = List.copyOf(outer);
    stride = List.copyOf(stride);
  }

  public static StridedView dense(int buffer, Shape shape) {
    return new StridedView(buffer, 0, List.of(), Arrays.stream(shape.strides()).boxed().toList());
  }

  long[] strides() {
    return stride.stream().mapToLong(Long::longValue).toArray();
  }

  private List<Long> outer(int depth) {
    List<Long> padded = new ArrayList<>(outer);
    padded.addAll(Collections.nCopies(depth - outer.size(), 0L));
    return padded;
  }

  /** Returns the access to the element at {@code p}, inside {@code depth} loops. */
  Access at(AffineIndex p, int depth) {
    return new Access(buffer, p.address(offset, outer(depth), strides()));
  }

  /** Returns the access to the element of a tensor of rank 0. */
  Access scalar(int depth) {
    return at(AffineIndex.at(0), depth);
  }

  /**
   * Permutes axes: axis i of the result is axis {@code from[i]} of this, or has stride 0 if that is
   * -1.
   */
  StridedView pick(int... from) {
    return new StridedView(
        buffer,
        offset,
        outer,
        Arrays.stream(from).mapToObj(d -> d < 0 ? Long.valueOf(0) : stride.get(d)).toList());
  }

  /** Returns the part of this that starts at {@code start} with these steps. */
  StridedView window(long[] start, long[] step) {
    long at = offset;
    List<Long> s = new ArrayList<>();
    for (int d = 0; d < stride.size(); d++) {
      at += start[d] * stride.get(d);
      s.add(step[d] * stride.get(d));
    }
    return new StridedView(buffer, at, outer, s);
  }

  /** Where index k of axis {@code by} starts {@code start + step·k} further along {@code axis}. */
  StridedView shear(int axis, int by, int step, int start) {
    List<Long> s = new ArrayList<>(stride);
    s.set(by, stride.get(by) + step * stride.get(axis));
    return new StridedView(buffer, offset + start * stride.get(axis), outer, s);
  }

  /** Returns the slice along axis 0 at the counter of the innermost of {@code depth} loops. */
  StridedView slice(int depth) {
    List<Long> o = outer(depth - 1);
    o.add(stride.getFirst());
    return new StridedView(buffer, offset, o, stride.subList(1, stride.size()));
  }

  /**
   * Returns the same elements in row-major order with another shape; null if strides cannot express
   * it.
   */
  @Nullable StridedView reshape(Shape from, Shape to) {
    if (from.size() == 0) {
      return new StridedView(buffer, offset, outer, Collections.nCopies(to.rank(), 0L));
    }
    Long[] s = new Long[to.rank()];
    Arrays.fill(s, 0L);
    int i = 0;
    int j = 0;
    while (i < from.rank() || j < to.rank()) {
      int i0 = i;
      int j0 = j;
      long a = i < from.rank() ? from.dim(i++) : 1;
      long b = j < to.rank() ? to.dim(j++) : 1;
      while (a != b) {
        if (a < b) {
          a *= from.dim(i++);
        } else {
          b *= to.dim(j++);
        }
      }
      long step = 0;
      long last = 1;
      boolean first = true;
      for (int d = i - 1; d >= i0; d--) {
        if (from.dim(d) == 1) {
          continue;
        }
        if (first) {
          step = stride.get(d);
          first = false;
        } else if (stride.get(d) != step * last) {
          return null;
        }
        last *= from.dim(d);
      }
      long k = step;
      for (int d = j - 1; d >= j0; d--) {
        s[d] = to.dim(d) == 1 ? 0 : k;
        k *= to.dim(d);
      }
    }
    return new StridedView(buffer, offset, outer, List.of(s));
  }
}
