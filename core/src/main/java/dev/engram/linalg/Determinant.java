package dev.engram.linalg;

import dev.engram.Engram;
import dev.engram.Pair;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import java.util.List;

/**
 * Determinants whose derivatives need no inverse: a determinant is a polynomial in the elements, so
 * it is smooth at singular matrices too.
 */
final class Determinant {
  private Determinant() {}

  // d det A = Σ_ij C_ij dA_ij with the cofactors C
  static Tensor of(Tensor a) {
    return Engram.customJvp(
            Determinant::value,
            (Tensor x, Tensor dx) -> new Pair<>(value(x), cofactors(x).mul(dx).sum(-1).sum(-1)))
        .apply(a);
  }

  private static Tensor value(Tensor a) {
    if (a.dim(-1) == 0) {
      return of(Factorizations.lu("det", a));
    }
    Equilibration e = Equilibration.of(a);
    return of(e.ofA(Factorizations.lu("det", e.without(a))));
  }

  private static Tensor of(Lu lu) {
    return lu.factors().diagonal().prod(-1).mul(lu.sign());
  }

  private static Tensor cofactors(Tensor a) {
    return Engram.customJvp(
            Determinant::balancedCofactors,
            (Tensor x, Tensor dx) -> {
              if (x.dim(-1) == 0) {
                return new Pair<>(x, dx);
              }
              return new Pair<>(balancedCofactors(x), change(Equilibration.of(x), x, dx));
            })
        .apply(a);
  }

  private static Tensor balancedCofactors(Tensor a) {
    if (a.dim(-1) == 0) {
      return a;
    }
    Equilibration e = Equilibration.of(a);
    return cofactors(e.ofA(Factorizations.lu("det", e.without(a))));
  }

  // A[p] = L·U: adj A = ±adj U · L⁻¹ · P, and the cofactors are its transpose
  private static Tensor cofactors(Lu lu) {
    Tensor adjugate = adjugate(lu.factors());
    Tensor rows =
        Triangular.loop(lu.factors().swapAxes(-1, -2), adjugate.swapAxes(-1, -2), false, true);
    Tensor home = lu.permutation().argSort(-1, false).expandDims(-1);
    return rows.takeAlongAxis(home, -2).mul(lu.sign().expandDims(-1).expandDims(-1));
  }

  /**
   * The adjugate of the upper triangle, without a division: row i, before the factor {@code Π_(k<i)
   * u_kk}, is {@code v_ij = -Σ_(k<j) v_ik u_kj} right of {@code v_ii = 1}, with each earlier
   * element times {@code u_jj}.
   */
  private static Tensor adjugate(Tensor upper) {
    Tensor i = Matrices.counter(upper.dim(-1));
    Tensor none = upper.like(0);
    Tensor v =
        Engram.<Tensor, Tensor, List<Tensor>>scan(
                (left, j) -> {
                  Tensor u = Matrices.column(upper, j);
                  Tensor sum = left.matmul(u.expandDims(-1));
                  Tensor start = i.eq(j).expandDims(-1).cast(upper.dtype());
                  Tensor scale = u.take(j, -1).expandDims(-1).expandDims(-1);
                  return new StepResult<>(
                      i.eq(j).select(start.sub(sum), left.mul(scale)), List.<Tensor>of());
                },
                none,
                i)
            .carry();
    return v.mul(before(upper.diagonal()).expandDims(-1));
  }

  /** The product of all elements before each one. */
  private static Tensor before(Tensor x) {
    int n = x.dim(-1);
    Tensor one = x.slice(-1, 0, 1).like(1);
    return Tensor.concat(x.rank() - 1, one, x.cumProd(-1).slice(-1, 0, n - 1));
  }

  /**
   * The scale that each pivot is compared with: the lesser of the greatest elements of its row and
   * its column in {@code a}. Compared with the greatest element of the whole matrix, the pivot 1 of
   * a row of ones would look small beside a row of large numbers.
   */
  private static Tensor own(Tensor a, Lu lu) {
    Tensor size = a.stopGradient().abs();
    return size.max(-1).takeAlongAxis(lu.permutation(), -1).min(size.max(-2));
  }

  /**
   * The derivative of the cofactors, computed from inverses of regular matrices only. With {@code
   * A[p] = L·U}, {@code E[p] = L·D} adds to the pivots that are zero or nearly so. Along {@code A +
   * tE} it is a polynomial in t, of no higher degree than E's rank; for degrees up to 3 its value
   * at 0 is {@code (4 (F(1) + F(-1)) - F(2) - F(-2)) / 6}. With more than three such pivots it is
   * 0, and so is its derivative.
   */
  private static Tensor change(Equilibration scales, Tensor x, Tensor dx) {
    Tensor a = scales.without(x);
    Tensor da = scales.without(dx);
    Lu lu = Factorizations.lu("det", a.stopGradient());
    Tensor own = own(a, lu);
    Tensor scale = own.eq(0).select(Matrices.one(a), own);
    Tensor small = own.mul(a.dtype() == DType.F64 ? 1e-8 : 1e-4);
    Tensor missing = lu.factors().diagonal().abs().le(small);
    Tensor unit = Tensor.eye(a.dtype(), a.dim(-1));
    Tensor l = lu.factors().tril(-1).add(unit);
    Tensor more = l.mul(missing.select(scale, Matrices.zero(a)).expandDims(-2));
    Tensor home = lu.permutation().argSort(-1, false).expandDims(-1);
    Tensor e = more.takeAlongAxis(home, -2).stopGradient();
    Tensor sum = a.like(0);
    for (int t : new int[] {1, -1, 2, -2}) {
      sum =
          sum.add(regular(scales, a.add(e.mul(t)), da).mul(Math.abs(t) == 1 ? 4.0 / 6 : -1.0 / 6));
    }
    Tensor few = missing.cast(DType.I32).sum(-1).le(3).expandDims(-1).expandDims(-1);
    return few.select(sum, Matrices.zero(a));
  }

  // C = det A · A⁻ᵀ: dC = det A · (tr(A⁻¹ dA) A⁻ᵀ - (A⁻¹ dA A⁻¹)ᵀ), with A, dA equilibrated
  private static Tensor regular(Equilibration scales, Tensor a, Tensor da) {
    Lu lu = Factorizations.lu("det", a);
    Tensor unit = Matrices.each(a, Tensor.eye(a.dtype(), a.dim(-1)));
    Tensor inverse = Differentials.solved(lu, unit);
    Tensor relative = inverse.matmul(da);
    Tensor trace = relative.diagonal().sum(-1).expandDims(-1).expandDims(-1);
    Tensor d = inverse.mul(trace).sub(relative.matmul(inverse)).swapAxes(-1, -2);
    return scales.without(d).mul(of(scales.ofA(lu)).expandDims(-1).expandDims(-1));
  }
}
