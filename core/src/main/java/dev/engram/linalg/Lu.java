package dev.engram.linalg;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/**
 * {@code a[permutation] = L·U}.
 *
 * @param factors {@code [batch…, n, n]}: U on and above the diagonal, L below; the diagonal of L is
 *     1
 * @param permutation the row of the matrix that row i of the factors comes from, i32 {@code
 *     [batch…, n]}
 * @param sign of the permutation, 1 or -1, {@code [batch…]}
 */
public record Lu(Tensor factors, Tensor permutation, Tensor sign) {
  public Lu {
    Given.given("Lu", "factors", factors);
    Given.given("Lu", "permutation", permutation);
    Given.given("Lu", "sign", sign);
  }
}
