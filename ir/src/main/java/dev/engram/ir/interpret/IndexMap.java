package dev.engram.ir.interpret;

import dev.engram.ir.Shape;
import java.util.List;
import java.util.stream.IntStream;

/** Linear offsets of the positions of an index space. */
final class IndexMap {
  private IndexMap() {}

  /** Of so many elements a tensor is where its positions are computed one by one. */
  static final int MOST = Integer.MAX_VALUE - 8; // the longest array of every JVM

  /**
   * {@code base + Σ_a i_a · strides[a]} for every index {@code i} below {@code dims}, row-major.
   */
  static int[] offsets(int[] dims, long[] strides, long base) {
    if (IntStream.of(dims).anyMatch(n -> n == 0)) {
      return new int[0]; // however long the other axes are
    }
    int[] out = {Math.toIntExact(base)};
    for (int a = 0; a < dims.length; a++) {
      int[] inner = new int[Math.multiplyExact(out.length, dims[a])];
      int k = 0;
      for (int outer : out) {
        for (int i = 0; i < dims[a]; i++) {
          inner[k++] = (int) (outer + i * strides[a]);
        }
      }
      out = inner;
    }
    return out;
  }

  /** The offsets in a row-major tensor of {@code shape} that its {@code axes} alone make. */
  static int[] offsets(Shape shape, List<Integer> axes) {
    int[] dims = new int[axes.size()];
    long[] strides = new long[axes.size()];
    long[] all = shape.strides();
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(axes.get(i));
      strides[i] = all[axes.get(i)];
    }
    return offsets(dims, strides, 0);
  }
}
