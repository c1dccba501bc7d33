package dev.engram.ir;

import dev.engram.ir.op.Reduce;
import dev.engram.ir.tensor.Broadcasting;
import dev.engram.ir.tensor.Cumulative;
import dev.engram.ir.tensor.RoundOnce;

/** The reductions of {@link Tensor}; without axes they go over all. */
public sealed interface FoldMethods permits Tensor {

  /** The sum; 0 when empty. */
  default Tensor sum(int... axes) {
    return Broadcasting.reduce(Reduce.Kind.SUM, self(), axes);
  }

  /** The product; 1 when empty. */
  default Tensor prod(int... axes) {
    return Broadcasting.reduce(Reduce.Kind.PROD, self(), axes);
  }

  /** The greatest element, NaN where one is; the least value of the type when empty. */
  default Tensor max(int... axes) {
    return Broadcasting.reduce(Reduce.Kind.MAX, self(), axes);
  }

  /** The least element, NaN where one is; the greatest value of the type when empty. */
  default Tensor min(int... axes) {
    return Broadcasting.reduce(Reduce.Kind.MIN, self(), axes);
  }

  /** True where one of the bools is; false when empty. */
  default Tensor any(int... axes) {
    return Broadcasting.reduce(Reduce.Kind.ANY, self(), axes);
  }

  /** True where all of the bools are; true when empty. */
  default Tensor all(int... axes) {
    return Broadcasting.reduce(Reduce.Kind.ALL, self(), axes);
  }

  /** Index (i32) of the first greatest element along {@code axis}. */
  default Tensor argMax(int axis) {
    return Broadcasting.reduce(Reduce.Kind.ARGMAX, self(), axis);
  }

  /** Index (i32) of the first least element along {@code axis}. */
  default Tensor argMin(int axis) {
    return Broadcasting.reduce(Reduce.Kind.ARGMIN, self(), axis);
  }

  // Running folds: result i is the fold of elements 0 to i along {@code axis}, with {@code reverse}
  // of elements i to the last.

  /** The sum of all elements up to each one along {@code axis}. */
  default Tensor cumSum(int axis) {
    return cumSum(axis, false);
  }

  /** As {@link #cumSum(int)}, or of each element and all behind it. */
  default Tensor cumSum(int axis, boolean reverse) {
    return RoundOnce.of(self(), x -> Cumulative.of("cumSum", x, axis, reverse, (a, b) -> a.add(b)));
  }

  /** The product of all elements up to each one along {@code axis}. */
  default Tensor cumProd(int axis) {
    return cumProd(axis, false);
  }

  /** As {@link #cumProd(int)}, or of each element and all behind it. */
  default Tensor cumProd(int axis, boolean reverse) {
    return RoundOnce.of(
        self(), x -> Cumulative.of("cumProd", x, axis, reverse, (a, b) -> a.mul(b)));
  }

  /** The greatest of all elements up to each one along {@code axis}. */
  default Tensor cumMax(int axis) {
    return cumMax(axis, false);
  }

  /** As {@link #cumMax(int)}, or of each element and all behind it. */
  default Tensor cumMax(int axis, boolean reverse) {
    return Cumulative.of("cumMax", self(), axis, reverse, (a, b) -> a.max(b));
  }

  /** The least of all elements up to each one along {@code axis}. */
  default Tensor cumMin(int axis) {
    return cumMin(axis, false);
  }

  /** As {@link #cumMin(int)}, or of each element and all behind it. */
  default Tensor cumMin(int axis, boolean reverse) {
    return Cumulative.of("cumMin", self(), axis, reverse, (a, b) -> a.min(b));
  }

  /** The {@link #logSumExp} of all elements up to each one along {@code axis}. */
  default Tensor cumLogSumExp(int axis) {
    return cumLogSumExp(axis, false);
  }

  /** As {@link #cumLogSumExp(int)}, or of each element and all behind it. */
  default Tensor cumLogSumExp(int axis, boolean reverse) {
    return RoundOnce.of(
        self(), x -> Cumulative.of("cumLogSumExp", x, axis, reverse, (a, b) -> a.logAddExp(b)));
  }

  // Of several ops each; those of 16 bits are computed in f32 and rounded once.

  /** Mean; NaN when empty. */
  default Tensor mean(int... axes) {
    return RoundOnce.of(self(), x -> meanOf(x, axes));
  }

  private static Tensor meanOf(Tensor x, int... axes) {
    Tensor total = x.sum(axes);
    return total.mul((double) total.shape().size() / x.shape().size());
  }

  /** The mean squared distance from the mean: Σ (x - x̄)² / n. */
  default Tensor variance(int... axes) {
    return RoundOnce.of(self(), x -> varianceOf(x, axes));
  }

  private static Tensor varianceOf(Tensor x, int... axes) {
    Tensor centre = meanOf(x, axes).reshape(Broadcasting.kept(x.shape(), axes));
    return meanOf(x.sub(centre).square(), axes);
  }

  /** The standard deviation √(Σ (x - x̄)² / n); at 0 its derivative is 0. */
  default Tensor std(int... axes) {
    return RoundOnce.of(self(), x -> root(varianceOf(x, axes)));
  }

  /** The Euclidean norm √(Σ x²); at 0 its derivative is 0. */
  default Tensor norm(int... axes) {
    return RoundOnce.of(self(), x -> root(x.square().sum(axes)));
  }

  // √, with derivative 0 at 0, where the sum of squares below it has its least value
  private static Tensor root(Tensor x) {
    return x.eq(0).select(x.like(0), x.sqrt());
  }

  /** log Σ e^x, without overflow; where it is infinite its derivative is 0. */
  default Tensor logSumExp(int... axes) {
    return RoundOnce.of(
        self(),
        x -> {
          Tensor shift = finiteMax(x, axes);
          Tensor spread = shift.reshape(Broadcasting.kept(x.shape(), axes));
          Tensor total = x.sub(spread).exp().sum(axes);
          Tensor regular = total.ne(0).and(total.isFinite());
          return regular.select(total.log(), total.log().stopGradient()).add(shift);
        });
  }

  /** x - log Σ e^x along {@code axis}: the logarithm of {@link #softmax}, without overflow. */
  default Tensor logSoftmax(int axis) {
    return RoundOnce.of(self(), x -> logSoftmaxOf(x, axis));
  }

  // The largest element is subtracted first: large logits keep the digits of their differences.
  private static Tensor logSoftmaxOf(Tensor logits, int axis) {
    int a = logits.shape().axis("logSoftmax", axis);
    Tensor x = logits.sub(finiteMax(logits, a).expandDims(a));
    return x.sub(x.exp().sum(a).log().expandDims(a));
  }

  private static Tensor finiteMax(Tensor x, int... axes) {
    Tensor top = x.max(axes).stopGradient();
    return top.isFinite().select(top, top.like(0));
  }

  /** e^x / Σ e^x along {@code axis}. */
  default Tensor softmax(int axis) {
    int a = self().shape().axis("softmax", axis);
    return RoundOnce.of(self(), x -> logSoftmaxOf(x, a).exp());
  }

  private Tensor self() {
    return (Tensor) this;
  }
}
