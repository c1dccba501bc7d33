package dev.engram.lower.fuse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Aligns the axes of a fused value with the axes of a nest. */
final class Alignment {
  private Alignment() {}

  /** Returns the lengths of the result's axes, then of the folded ones. */
  static List<Integer> dims(FusedValue n) {
    List<Integer> dims = new ArrayList<>(n.value.type().shape().dims());
    dims.addAll(
        n.kind == AccessMaps.Kind.FOLD ? AccessMaps.folded(n.equation()).dims() : List.of());
    return dims;
  }

  /** Assigns a nest axis to every axis longer than 1. */
  static int[] natural(List<Integer> dims) {
    int[] axisOf = new int[dims.size()];
    int n = 0;
    for (int d = 0; d < axisOf.length; d++) {
      axisOf[d] = dims.get(d) == 1 ? -1 : n++;
    }
    return axisOf;
  }

  static int axes(int[] axisOf) {
    return (int) Arrays.stream(axisOf).filter(a -> a >= 0).count();
  }

  /**
   * Nest axes for axes of these lengths, such that {@code at}, over their natural axes, reads what
   * {@code there} reads in {@code k}; null when there are none, such as where {@code k} reads a
   * diagonal: its one axis cannot be two.
   */
  static int @Nullable [] align(
      List<Integer> dims, AffineIndex at, FusionGroup k, AffineIndex there) {
    int[] axisOf = new int[dims.size()];
    Arrays.fill(axisOf, -1);
    boolean[] taken = new boolean[k.length.length];
    int[] real = new int[dims.size()];
    int count = 0;
    for (int d = 0; d < real.length; d++) {
      real[count] = d;
      count += dims.get(d) == 1 ? 0 : 1;
    }
    for (int j = 0; j < at.rank(); j++) {
      int axis = axis(there.strides(j));
      int mine = axis(at.strides(j));
      if (axis == -1 && mine == -1 && at.offset(j) == there.offset(j)) {
        continue;
      }
      boolean unit = axis >= 0 && there.strides(j)[axis] == 1 && there.offset(j) == 0;
      if (!unit || mine < 0 || at.offset(j) != 0 || at.strides(j)[mine] != 1) {
        return null;
      }
      int d = real[mine];
      if (axisOf[d] >= 0 || taken[axis] || dims.get(d) != k.length[axis]) {
        return null;
      }
      axisOf[d] = axis;
      taken[axis] = true;
    }
    for (int i = 0; i < count; i++) {
      if (axisOf[real[i]] < 0) {
        return null;
      }
    }
    return axisOf;
  }

  // The only axis with a stride; -1 when there is none, -2 when there are several.
  private static int axis(long[] strides) {
    int found = -1;
    for (int a = 0; a < strides.length; a++) {
      if (strides[a] != 0) {
        if (found >= 0) {
          return -2;
        }
        found = a;
      }
    }
    return found;
  }
}
