package dev.engram.linalg;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;

/**
 * {@code A = 2^r · B · 2^c}: row and column scales of A, as powers of two, and B, whose nonzero
 * elements are about 1. The products are exact where no result is subnormal.
 *
 * <p>With {@code e = log₂|a|}, {@code Σ (e_ij - r_i - c_j)²} over these elements is minimized by
 * taking means over rows and over columns in turn. Where no element is zero, one sweep is enough,
 * and B is the same for all A that differ only by powers of two in their rows and columns. See
 * Fulkerson and Wolfe, An algorithm for scaling matrices, SIAM Review 4(2), 1962, and Curtis and
 * Reid, On the automatic scaling of matrices for Gaussian elimination, IMA Journal of Applied
 * Mathematics 10(1), 1972.
 *
 * <p>Matrices have at least one element.
 *
 * @param r whole numbers, {@code [batch…, n, 1]}
 * @param c whole numbers, {@code [batch…, 1, n]}
 */
record Equilibration(Tensor r, Tensor c) {
  /** Number of sweeps; the second corrects for zeros. */
  private static final int SWEEPS = 2;

  /**
   * Rounding offset: {@code ⌊· + this⌋} has no step near a mean that is a ratio of small integers.
   */
  private static final double STEP = 0.6180339887498949;

  static Equilibration of(Tensor a) {
    Tensor size = a.stopGradient().abs();
    Tensor counts = size.gt(0).and(size.isFinite());
    Tensor none = Matrices.zero(a);
    Tensor e = counts.select(size, Matrices.one(a)).log2();
    Tensor has = counts.cast(a.dtype());
    Tensor r = size.sum(-1).expandDims(-1).like(0);
    Tensor c = size.sum(-2).expandDims(-2).like(0);
    for (int i = 0; i < SWEEPS; i++) {
      r = mean(counts.select(e.sub(c), none), has, -1);
      c = mean(counts.select(e.sub(r), none), has, -2);
    }
    // A common factor goes to the rows, so that powers of two in A stay integers here until they
    // are rounded.
    Tensor common = c.slice(-1, 0, 1);
    return new Equilibration(whole(r.add(common)), whole(c.sub(common)));
  }

  private static Tensor mean(Tensor x, Tensor has, int axis) {
    Tensor count = has.sum(axis).max(Matrices.one(x));
    return x.sum(axis).div(count).expandDims(axis);
  }

  // Within the exponents of the type, so that 2^±k is finite and not 0.
  private static Tensor whole(Tensor mean) {
    double most = mean.dtype() == DType.F64 ? 1000 : mean.dtype() == DType.F16 ? 13 : 120;
    return mean.add(STEP).floor().clip(-most, most);
  }

  /** Returns {@code 2^-r · a · 2^-c}: B for A, and A⁻ᵀ for B⁻ᵀ. */
  Tensor without(Tensor a) {
    return times(a, r.add(c).neg());
  }

  /**
   * Scales the factors of B to factors of A: {@code A[p] = (2^r[p] L 2^-r[p]) · (2^r[p] U 2^c)}.
   * Products of pivots use these, since those of B may overflow where those of A do not.
   */
  Lu ofA(Lu b) {
    Tensor rows = r.takeAlongAxis(b.permutation().expandDims(-1), -2);
    Tensor i = Matrices.counter(b.factors().dim(-1));
    Tensor upper = i.expandDims(-1).le(i);
    Tensor columns = upper.select(c, rows.neg().swapAxes(-1, -2));
    return new Lu(times(b.factors(), rows.add(columns)), b.permutation(), b.sign());
  }

  // In two steps, since x 2^k may be finite where 2^k is not.
  private static Tensor times(Tensor x, Tensor k) {
    Tensor half = k.mul(0.5).floor();
    return x.mul(half.exp2()).mul(k.sub(half).exp2());
  }
}
