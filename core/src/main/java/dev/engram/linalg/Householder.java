package dev.engram.linalg;

import dev.engram.Engram;
import dev.engram.StepResult;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import java.util.List;

/**
 * QR by reflections {@code H_k = 1 - τ v vᵀ}, as LAPACK's dlarfg and dorg2r choose them: {@code β =
 * -sign(α)·|x|}, {@code v = x / (α - β)} below its first element 1, {@code τ = (β - α) / β}, and
 * {@code τ = 0} where nothing is below the diagonal.
 */
final class Householder {
  private Householder() {}

  static Qr qr(Tensor a) {
    Matrices.rectangular("qr", a);
    int m = a.dim(-2);
    int n = a.dim(-1);
    int count = Math.min(m, n);
    if (count == 0) {
      return new Qr(
          Matrices.zeros(a, Matrices.lead(a).concat(Shape.of(m, 0))),
          Matrices.zeros(a, Matrices.lead(a).concat(Shape.of(0, n))));
    }
    Tensor i = Matrices.counter(m);
    Tensor counter = Matrices.counter(count);
    StepResult<Tensor, List<Tensor>> down =
        Engram.scan(
            (r, k) -> {
              List<Tensor> h = reflection(Matrices.column(r, k), k, i);
              return new StepResult<>(reflect(h, r), h);
            },
            a,
            counter);
    Tensor unit = Tensor.eye(a.dtype(), m).slice(1, 0, count);
    Tensor start = Matrices.each(a, unit);
    Tensor q =
        Engram.<Tensor, List<Tensor>, List<Tensor>>scanReverse(
                (x, h) -> new StepResult<>(reflect(h, x), List.of()), start, down.out())
            .carry();
    return new Qr(q, down.carry().slice(-2, 0, count).triu(0));
  }

  /** v and τ that make column {@code x} zero below {@code k}. */
  private static List<Tensor> reflection(Tensor x, Tensor k, Tensor i) {
    Tensor zero = Matrices.zero(x);
    Tensor one = Matrices.one(x);
    Tensor alpha = x.take(k, -1);
    Tensor below = i.gt(k).select(x, zero).square().sum(-1);
    Tensor done = below.eq(zero);
    // Where the length is 0, one whose square root has a finite derivative.
    Tensor length = done.select(one, alpha.square().add(below)).sqrt();
    Tensor beta = alpha.ge(zero).select(length.neg(), length);
    Tensor tail = x.div(alpha.sub(beta).expandDims(-1));
    Tensor v = i.eq(k).select(one, i.gt(k).select(tail, zero));
    Tensor tau = done.select(zero, beta.sub(alpha).div(beta));
    return List.of(v, tau);
  }

  // X ← X - τ v (vᵀ X)
  private static Tensor reflect(List<Tensor> h, Tensor x) {
    Tensor v = h.get(0);
    Tensor scaled = v.mul(h.get(1).expandDims(-1));
    return x.sub(Matrices.outer(scaled, Matrices.times(v, x)));
  }
}
