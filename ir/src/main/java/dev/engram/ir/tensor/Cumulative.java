package dev.engram.ir.tensor;

import dev.engram.ir.Tensor;
import java.util.function.BinaryOperator;

/**
 * Running totals along an axis: result i combines elements 0 to i.
 *
 * <p>Neighbours are combined in pairs, the totals of the pairs are the totals at odd places, and
 * one more step gives those at even places: 2n combinations in 2 log n steps that work on whole
 * tensors (Blelloch, <i>Prefix sums and their applications</i>, 1990). Sums are as exact as sums in
 * pairs.
 */
public final class Cumulative {
  private Cumulative() {}

  public static Tensor of(
      String op, Tensor x, int axis, boolean reverse, BinaryOperator<Tensor> f) {
    int a = x.shape().axis(op, axis);
    return reverse ? totals(x.reverse(a), a, f).reverse(a) : totals(x, a, f);
  }

  private static Tensor totals(Tensor x, int axis, BinaryOperator<Tensor> f) {
    int n = x.dim(axis);
    if (n <= 1) {
      return x;
    }
    int m = n / 2;
    Tensor even = x.slice(axis, 0, 2 * m, 2);
    Tensor odd = x.slice(axis, 1, 2 * m, 2);
    Tensor pairs = totals(f.apply(even, odd), axis, f);
    Tensor between =
        m == 1
            ? even
            : Tensor.concat(
                axis,
                even.slice(axis, 0, 1),
                f.apply(pairs.slice(axis, 0, m - 1), even.slice(axis, 1, m)));
    Tensor both = Tensor.concat(axis + 1, between.expandDims(axis + 1), pairs.expandDims(axis + 1));
    Tensor all = both.reshape(x.slice(axis, 0, 2 * m).shape());
    return n % 2 == 0
        ? all
        : Tensor.concat(axis, all, f.apply(pairs.slice(axis, m - 1, m), x.slice(axis, n - 1, n)));
  }
}
