package dev.engram.linalg;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.StepResult;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import java.util.List;

/** Substitution row by row. */
final class Triangular {
  private Triangular() {}

  static void check(String op, Tensor a, Tensor b) {
    int n = Matrices.square(op, a);
    if (b.dtype() != a.dtype() || b.rank() != a.rank() || b.dim(-2) != n || !batch(a, b)) {
      throw Matrices.error(
          op,
          "operand 1 has type "
              + b.type()
              + ", expected "
              + a.type().with(Matrices.lead(a).concat(Shape.of(n, Math.max(1, b.dim(-1)))))
              + " with any last axis, for operand 0 of type "
              + a.type());
    }
  }

  private static boolean batch(Tensor a, Tensor b) {
    return Matrices.lead(a).equals(Matrices.lead(b));
  }

  /**
   * {@code x_k = (b_k - Σ_{j<k} a_kj x_j) / a_kk}, or with {@code j > k} from the last row on.
   *
   * @param unit the diagonal is 1 and not read
   */
  static Tensor loop(Tensor a, Tensor b, boolean lower, boolean unit) {
    int n = a.dim(-1);
    if (n == 0) {
      return b;
    }
    Tensor i = Matrices.counter(n);
    Tensor none = b.like(0);
    Fn2<Tensor, Tensor, StepResult<Tensor, List<Tensor>>> body =
        (x, k) -> {
          Tensor row = Matrices.row(a, k);
          Tensor before = (lower ? i.lt(k) : i.gt(k)).select(row, Matrices.zero(a));
          Tensor rest = Matrices.row(b, k).sub(Matrices.times(before, x));
          Tensor value = unit ? rest : rest.div(row.take(k, -1).expandDims(-1));
          Tensor here = i.eq(k).expandDims(-1);
          return new StepResult<>(here.select(value.expandDims(-2), x), List.of());
        };
    return lower ? Engram.scan(body, none, i).carry() : Engram.scanReverse(body, none, i).carry();
  }
}
