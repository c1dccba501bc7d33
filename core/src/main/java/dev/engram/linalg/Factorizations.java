package dev.engram.linalg;

import dev.engram.Engram;
import dev.engram.StepResult;
import dev.engram.ir.Tensor;
import java.util.List;

/** Right-looking factorizations: column by column, each updating the rest of the matrix. */
final class Factorizations {
  private Factorizations() {}

  // L_k = A_k / sqrt(A_kk) from the diagonal down; A ← A - L_k L_kᵀ
  static Tensor cholesky(Tensor a) {
    int n = Matrices.square("cholesky", a);
    if (n == 0) {
      return a;
    }
    Tensor symmetric = a.add(a.swapAxes(-1, -2)).mul(0.5);
    Tensor i = Matrices.counter(n);
    StepResult<Tensor, Tensor> done =
        Engram.scan(
            (left, k) -> {
              Tensor column = Matrices.column(left, k);
              Tensor root = column.take(k, -1).sqrt().expandDims(-1);
              Tensor l = i.lt(k).select(Matrices.zero(a), column.div(root));
              return new StepResult<>(left.sub(Matrices.outer(l, l)), l);
            },
            symmetric,
            i);
    return Matrices.columns(done.out());
  }

  /** The matrix during factorization, and how its rows were exchanged. */
  record Rows(Tensor factors, Tensor permutation, Tensor sign) {}

  static Lu lu(String op, Tensor a) {
    int n = Matrices.square(op, a);
    Tensor i = Matrices.counter(n);
    Tensor order = Matrices.each(a, i);
    Tensor sign = Matrices.each(a, Matrices.one(a));
    if (n == 0) {
      return new Lu(a, order, sign);
    }
    StepResult<List<Tensor>, List<Tensor>> done =
        Engram.scan(
            (carry, k) -> {
              Rows swapped = pivot(carry, k, i);
              return new StepResult<>(
                  List.of(eliminate(swapped.factors, k, i), swapped.permutation, swapped.sign),
                  List.<Tensor>of());
            },
            List.of(a, order, sign),
            i);
    return new Lu(done.carry().get(0), done.carry().get(1), done.carry().get(2));
  }

  /** Swaps row k with the row, from k on, whose element in column k is greatest in magnitude. */
  private static Rows pivot(List<Tensor> carry, Tensor k, Tensor i) {
    Tensor left = carry.get(0);
    Tensor size = Matrices.column(left, k).abs().stopGradient();
    // Below zero, so that a column of zeros keeps its row.
    Tensor candidates = i.lt(k).select(size.like(-1), size);
    Tensor p = candidates.argMax(-1).expandDims(-1);
    Tensor to = i.eq(k).select(p, i.eq(p).select(k, i));
    Tensor stays = p.squeeze(-1).eq(k);
    return new Rows(
        left.takeAlongAxis(to.expandDims(-1), -2),
        carry.get(1).takeAlongAxis(to, -1),
        stays.select(carry.get(2), carry.get(2).neg()));
  }

  // l = A_ik / A_kk below the diagonal; A_ij ← A_ij - l_i A_kj to its right; A_ik ← l_i
  private static Tensor eliminate(Tensor a, Tensor k, Tensor i) {
    Tensor below = i.gt(k);
    Tensor column = Matrices.column(a, k);
    Tensor pivot = column.take(k, -1);
    // A pivot of 0 has only zeros below it, so there is nothing to eliminate.
    Tensor divisor = pivot.eq(0).select(Matrices.one(a), pivot);
    Tensor l = below.select(column.div(divisor.expandDims(-1)), Matrices.zero(a));
    Tensor right = below.select(Matrices.row(a, k), Matrices.zero(a));
    Tensor here = below.expandDims(-1).and(i.eq(k));
    return here.select(l.expandDims(-1), a.sub(Matrices.outer(l, right)));
  }
}
