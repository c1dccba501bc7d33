package dev.engram.ir.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Dot;

/** Contractions: one sum of products for every element of the result. */
final class InterpretDot {
  private InterpretDot() {}

  // y[b,i,j] = Σ_k l[b,i,k] r[b,j,k]
  static HostTensor eval(Dot op, HostTensor l, HostTensor r, TensorType type) {
    int[] lb = IndexMap.offsets(l.shape(), op.lhsBatch());
    int[] rb = IndexMap.offsets(r.shape(), op.rhsBatch());
    int[] li = IndexMap.offsets(l.shape(), op.lhsFree(l.rank()));
    int[] rj = IndexMap.offsets(r.shape(), op.rhsFree(r.rank()));
    int[] lk = IndexMap.offsets(l.shape(), op.lhsContract());
    int[] rk = IndexMap.offsets(r.shape(), op.rhsContract());
    HostTensor out = HostTensor.allocate(type);
    boolean real = type.dtype().isFloat();
    double[] lx = real ? l.toDoubles() : new double[0];
    double[] rx = real ? r.toDoubles() : new double[0];
    long at = 0;
    for (int b = 0; b < lb.length; b++) {
      for (int i : li) {
        for (int j : rj) {
          int lo = lb[b] + i;
          int ro = rb[b] + j;
          if (real) {
            out.setDouble(at++, real(lx, lo, lk, rx, ro, rk));
          } else {
            out.setBits(at++, whole(l, lo, lk, r, ro, rk));
          }
        }
      }
    }
    return out;
  }

  private static double real(double[] l, int lo, int[] lk, double[] r, int ro, int[] rk) {
    // -0 + x = x for every x, so one product is itself the sum
    double acc = lk.length == 0 ? 0.0 : -0.0;
    for (int k = 0; k < lk.length; k++) {
      acc += l[lo + lk[k]] * r[ro + rk[k]];
    }
    return acc;
  }

  private static long whole(HostTensor l, int lo, int[] lk, HostTensor r, int ro, int[] rk) {
    long acc = 0;
    for (int k = 0; k < lk.length; k++) {
      acc += l.bits(lo + lk[k]) * r.bits(ro + rk[k]);
    }
    return acc;
  }
}
