package dev.engram.ir.tensor;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.SaturatedCount;
import dev.engram.ir.runtime.HeapArrays;
import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/**
 * Arrays of arrays as one in row-major order.
 *
 * @param values an array of primitives
 */
public record NestedArray(Object values, int[] dims) {

  /**
   * @param nested such as {@code double[][]}
   * @throws TypeException when two parts have different lengths, or one is null
   */
  public static NestedArray of(Object[] nested) {
    Given.given("HostTensor.of: the array", nested);
    int rank = 0;
    Class<?> element = nested.getClass();
    for (; element.isArray(); element = element.getComponentType()) {
      rank++;
    }
    int[] dims = new int[rank];
    Object first = nested;
    long size = 1;
    String path = "";
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = length(first, path);
      size = SaturatedCount.product(size, dims[axis]);
      if (dims[axis] == 0) {
        break; // so have the axes behind it
      }
      first = axis + 1 < rank ? Array.get(first, 0) : first;
      path += "[0]";
    }
    if (size > Integer.MAX_VALUE) {
      throw Moves.error("HostTensor.of", size + " values, expected at most " + Integer.MAX_VALUE);
    }
    Class<?> of = element;
    int each = of == boolean.class ? 1 : of == float.class || of == int.class ? 4 : 8;
    Object values = HeapArrays.make("all values", (int) size, each, n -> Array.newInstance(of, n));
    NestedArray out = new NestedArray(values, dims);
    out.copy(nested, 0, 0, "");
    return out;
  }

  private static int length(@Nullable Object part, String path) {
    if (part == null) {
      throw new TypeException(
          "HostTensor.of: the part at %s is null, expected an array (%s); set every part"
              .formatted(path, SourceLocation.here()));
    }
    return Array.getLength(part);
  }

  /** Copies {@code part}, which is at {@code path}; gives the position behind it. */
  private int copy(Object part, int axis, int at, String path) {
    int n = length(part, path);
    if (n != dims[axis]) {
      throw new TypeException(
          ("HostTensor.of: the part at %s has length %d, expected %d as the first"
                  + " one (%s); fill it up, such as Padded.of does with sequences")
              .formatted(path, n, dims[axis], SourceLocation.here()));
    }
    if (axis == dims.length - 1) {
      System.arraycopy(part, 0, values, at, n);
      return at + n;
    }
    int next = at;
    for (int i = 0; i < n; i++) {
      next = copy(Array.get(part, i), axis + 1, next, path + "[" + i + "]");
    }
    return next;
  }
}
