package dev.engram.linalg;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/**
 * {@code a = q·r} for {@code a [batch…, m, n]} and {@code k = min(m, n)}. The signs are LAPACK's.
 *
 * @param q orthonormal columns, {@code [batch…, m, k]}
 * @param r upper triangular, {@code [batch…, k, n]}
 */
public record Qr(Tensor q, Tensor r) {
  public Qr {
    Given.given("Qr", "q", q);
    Given.given("Qr", "r", r);
  }
}
