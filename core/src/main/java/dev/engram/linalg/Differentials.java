package dev.engram.linalg;

import dev.engram.Engram;
import dev.engram.Pair;
import dev.engram.ir.Tensor;
import java.util.List;

/**
 * First derivatives of factorizations and solutions, as functions of their results, so that reverse
 * mode keeps a few matrices instead of one for each step of a loop. Higher derivatives
 * differentiate the loops, and so do all derivatives of Cholesky, whose loop keeps columns only.
 *
 * <p>The formulas follow Giles, An extended collection of matrix derivative results for forward and
 * reverse mode algorithmic differentiation, Oxford University Computing Laboratory report 08/01,
 * 2008; those of QR follow from {@code dA = dQ·R + Q·dR} with {@code Qᵀ·dQ} antisymmetric and
 * {@code dR} upper triangular.
 */
final class Differentials {
  private Differentials() {}

  // X = T⁻¹ B: T⁻¹ (dB - dT X), with the triangle of dT that is read
  static Tensor triangular(Tensor a, Tensor b, boolean lower, boolean unit) {
    int off = unit ? 1 : 0;
    return Engram.customJvp(
            (List<Tensor> x) -> Triangular.loop(x.get(0), x.get(1), lower, unit),
            (List<Tensor> x, List<Tensor> dx) -> {
              Tensor t = x.get(0);
              Tensor y = Triangular.loop(t, x.get(1), lower, unit);
              Tensor dt = lower ? dx.get(0).tril(-off) : dx.get(0).triu(off);
              Tensor change = dx.get(1).sub(dt.matmul(y));
              return new Pair<>(y, Triangular.loop(t, change, lower, unit));
            })
        .apply(List.of(a, b));
  }

  // X = A⁻¹ B: A⁻¹ (dB - dA X)
  static Tensor solve(Tensor a, Tensor b) {
    return Engram.customJvp(
            (List<Tensor> x) -> solved(Factorizations.lu("solve", x.get(0)), x.get(1)),
            (List<Tensor> x, List<Tensor> dx) -> {
              Lu lu = Factorizations.lu("solve", x.get(0));
              Tensor y = solved(lu, x.get(1));
              return new Pair<>(y, solved(lu, dx.get(1).sub(dx.get(0).matmul(y))));
            })
        .apply(List.of(a, b));
  }

  /** Solves by forward and back substitution. */
  static Tensor solved(Lu lu, Tensor b) {
    Tensor permuted = b.takeAlongAxis(lu.permutation().expandDims(-1), -2);
    Tensor y = Triangular.loop(lu.factors(), permuted, true, true);
    return Triangular.loop(lu.factors(), y, false, false);
  }

  // sign and log |det A|: 0 and tr(A⁻¹ dA)
  static List<Tensor> signAndLogDet(Tensor a) {
    return Engram.customJvp(
            (Tensor x) -> signAndLogDet(Factorizations.lu("signAndLogDet", x)),
            (Tensor x, Tensor dx) -> {
              Lu lu = Factorizations.lu("signAndLogDet", x);
              List<Tensor> value = signAndLogDet(lu);
              Tensor zero = value.get(0).like(0);
              return new Pair<>(value, List.of(zero, solved(lu, dx).diagonal().sum(-1)));
            })
        .apply(a);
  }

  private static List<Tensor> signAndLogDet(Lu lu) {
    Tensor diagonal = lu.factors().diagonal();
    return List.of(diagonal.sign().prod(-1).mul(lu.sign()), diagonal.abs().log().sum(-1));
  }

  // F = L⁻¹ dA[p] U⁻¹: dL = L·(F below the diagonal), dU = (the rest of F)·U
  static Lu lu(Tensor a) {
    return Engram.customJvp(
            (Tensor x) -> Factorizations.lu("lu", x),
            (Tensor x, Tensor dx) -> {
              Lu lu = Factorizations.lu("lu", x);
              Tensor unit = Tensor.eye(x.dtype(), x.dim(-1));
              Tensor l = lu.factors().tril(-1).add(unit);
              Tensor u = lu.factors().triu(0);
              Tensor rows = dx.takeAlongAxis(lu.permutation().expandDims(-1), -2);
              Tensor left = Triangular.loop(lu.factors(), rows, true, true);
              Tensor f = rightOf(u, left);
              Tensor change = l.matmul(f.tril(-1)).add(f.triu(0).matmul(u));
              Tensor none = lu.sign().like(0);
              return new Pair<>(lu, new Lu(change, lu.permutation(), none));
            })
        .apply(a);
  }

  /** {@code x·u⁻¹} for an upper triangular u. */
  private static Tensor rightOf(Tensor u, Tensor x) {
    return Triangular.loop(u.swapAxes(-1, -2), x.swapAxes(-1, -2), true, false).swapAxes(-1, -2);
  }

  // for the first k columns: C = Qᵀ dA R⁻¹, W = (C below the diagonal),
  // dR = (C - W + Wᵀ)·R, dQ = dA R⁻¹ - Q·(C - W + Wᵀ); for further ones dR = dQᵀ A + Qᵀ dA
  static Qr qr(Tensor a) {
    return Engram.customJvp(
            Householder::qr,
            (Tensor x, Tensor dx) -> {
              Qr qr = Householder.qr(x);
              Tensor q = qr.q();
              Tensor qt = q.swapAxes(-1, -2);
              int k = q.dim(-1);
              Tensor r = qr.r().slice(-1, 0, k);
              Tensor scaled = rightOf(r, dx.slice(-1, 0, k));
              Tensor c = qt.matmul(scaled);
              Tensor below = c.tril(-1);
              Tensor upper = c.sub(below).add(below.swapAxes(-1, -2));
              Tensor dq = scaled.sub(q.matmul(upper));
              Tensor dr = upper.matmul(r);
              int n = x.dim(-1);
              if (n > k) {
                Tensor further =
                    dq.swapAxes(-1, -2)
                        .matmul(x.slice(-1, k, n))
                        .add(qt.matmul(dx.slice(-1, k, n)));
                dr = Tensor.concat(x.rank() - 1, dr, further);
              }
              return new Pair<>(qr, new Qr(dq, dr));
            })
        .apply(a);
  }
}
