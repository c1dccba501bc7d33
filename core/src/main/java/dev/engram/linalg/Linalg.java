package dev.engram.linalg;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * Dense linear algebra on the last two axes of f32 and f64 tensors; axes before them are batch
 * axes.
 *
 * <p>The algorithms are loops over columns made of ordinary ops, so that they run on every backend
 * and have derivatives of every order, in both modes; first derivatives are formulas in the
 * results. As in JAX, a matrix that is singular, or not positive definite for {@link #cholesky}, is
 * not an error: solutions, inverses and their derivatives are then infinite or NaN.
 */
public final class Linalg {
  private Linalg() {}

  /**
   * Returns the lower triangular L with {@code L·Lᵀ = (a + aᵀ)/2} and a positive diagonal.
   *
   * <p>Golub and Van Loan, Matrix Computations, 4th edition, algorithm 4.2.2.
   *
   * @param a symmetric positive definite {@code [batch…, n, n]}
   */
  public static Tensor cholesky(Tensor a) {
    return Factorizations.cholesky(a);
  }

  /**
   * Solves {@code a·X = b} for a triangular {@code a}; the elements on its other side are not read.
   *
   * @param a {@code [batch…, n, n]}
   * @param b {@code [batch…, n, m]}
   * @param lower which triangle {@code a} has
   */
  public static Tensor solveTriangular(Tensor a, Tensor b, boolean lower) {
    Given.given("solveTriangular", "b", b);
    Triangular.check("solveTriangular", a, b);
    return Differentials.triangular(a, b, lower, false);
  }

  /**
   * Solves {@code a·X = b} by LU with partial pivoting.
   *
   * @param a {@code [batch…, n, n]}
   * @param b {@code [batch…, n, m]}
   */
  public static Tensor solve(Tensor a, Tensor b) {
    Given.given("solve", "b", b);
    Triangular.check("solve", a, b);
    return Differentials.solve(a, b);
  }

  /** Returns the inverse of {@code [batch…, n, n]}; to multiply by it, prefer {@link #solve}. */
  public static Tensor inverse(Tensor a) {
    int n = Matrices.square("inverse", a);
    Tensor unit = Matrices.each(a, Tensor.eye(a.dtype(), n));
    return solve(a, unit);
  }

  /** Solves {@code a·X = b} for symmetric positive definite {@code a}, by {@link #cholesky}. */
  public static Tensor solvePositive(Tensor a, Tensor b) {
    Given.given("solvePositive", "b", b);
    Triangular.check("solvePositive", a, b);
    Tensor l = cholesky(a);
    Tensor y = Differentials.triangular(l, b, true, false);
    return Differentials.triangular(l.swapAxes(-1, -2), y, false, false);
  }

  /**
   * Returns the determinant of {@code [batch…, n, n]}. Its first three derivatives are correct for
   * singular matrices too, and higher ones where the rank is at most three below n.
   */
  public static Tensor det(Tensor a) {
    Matrices.square("det", a);
    return Determinant.of(a);
  }

  /**
   * Returns the sign of the determinant and the logarithm of its magnitude: 0 and -∞ for a singular
   * matrix, where the derivative is infinite or NaN.
   */
  public static List<Tensor> signAndLogDet(Tensor a) {
    Matrices.square("signAndLogDet", a);
    return Differentials.signAndLogDet(a);
  }

  /** LU with partial pivoting; see {@link Lu}. */
  public static Lu lu(Tensor a) {
    Matrices.square("lu", a);
    return Differentials.lu(a);
  }

  /** Reduced QR by Householder reflections; see {@link Qr}. */
  public static Qr qr(Tensor a) {
    Matrices.rectangular("qr", a);
    return Differentials.qr(a);
  }
}
