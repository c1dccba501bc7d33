package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TopK;
import dev.engram.ir.Tracer;
import dev.engram.ir.op.Index;
import java.util.List;

/** What is made of {@link Index.ArgSort}. */
public final class Sorting {
  private Sorting() {}

  public static Tensor argSort(Tensor x, int axis, boolean descending) {
    return Tensor.apply(new Index.ArgSort(x.shape().axis("argSort", axis), descending), List.of(x))
        .getFirst();
  }

  public static Tensor sort(Tensor x, int axis, boolean descending) {
    return x.takeAlongAxis(argSort(x, axis, descending), axis);
  }

  public static TopK topK(Tensor x, int k, int axis) {
    int n = x.dim(axis);
    if (k < 0 || k > n) {
      throw Moves.error(
          "topK",
          "k="
              + k
              + ", expected 0 <= k <= "
              + n
              + ", the length of axis "
              + axis
              + " of "
              + x.type());
    }
    Tensor at = argSort(x, axis, true).slice(axis, 0, k);
    return new TopK(x.takeAlongAxis(at, axis), at);
  }

  private static Tensor zeros(Tensor among, TensorType type) {
    return among instanceof Tracer x
        ? x.builder().tracer(Lit.ofLong(type, 0))
        : HostTensor.full(type, 0);
  }

  /** A binary search for all values side by side, from the largest power of 2 down. */
  public static Tensor searchSorted(Tensor sorted, Tensor values, boolean right) {
    if (sorted.rank() != 1 || sorted.dtype() != values.dtype()) {
      throw Moves.error(
          "searchSorted",
          "operands have types "
              + sorted.type()
              + " and "
              + values.type()
              + ", expected one axis in the first, and one element type");
    }
    int n = sorted.dim(0);
    TensorType type = values.type().with(DType.I32);
    Tensor at = zeros(sorted instanceof Tracer ? sorted : values, type);
    HostTensor last = HostTensor.full(TensorType.scalar(DType.I32), n - 1);
    for (int step = Integer.highestOneBit(n); step > 0; step /= 2) {
      Tensor next = at.add(step);
      Tensor there = sorted.take(next.sub(1).min(last), 0);
      Tensor before = right ? there.le(values) : there.lt(values);
      if (sorted.dtype().isFloat()) {
        // NaN is greater than all others.
        Tensor nan = values.ne(values);
        before = before.or(nan.and(right ? nan : there.eq(there)));
      }
      at = before.and(next.le(HostTensor.full(TensorType.scalar(DType.I32), n))).select(next, at);
    }
    return at;
  }
}
