package dev.engram.optim;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;

/** The length of a weight in proportion to that of its step (You et al. 2017). */
final class TrustRatio {
  private TrustRatio() {}

  /** {@code trust · ‖w‖ / ‖u‖}, or 1 where one of the norms is 0. */
  static Tensor of(Tensor w, Tensor u, double trust) {
    Tensor above = norm(w);
    Tensor below = norm(u);
    Tensor ratio = above.div(below).mul(trust);
    return above.gt(0).and(below.gt(0)).select(ratio, above.like(1)).cast(w.dtype());
  }

  /** {@code ‖x‖}, {@code f64[]}: the squares of f32 neither overflow nor vanish. */
  static Tensor norm(Tensor x) {
    return x.cast(DType.F64).square().sum().sqrt();
  }
}
