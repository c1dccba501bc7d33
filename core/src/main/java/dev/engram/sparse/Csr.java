package dev.engram.sparse;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.Numbers;

/**
 * A sparse matrix in compressed row format.
 *
 * @param values the elements {@code [n]}
 * @param columns their columns, integers {@code [n]}, in range
 * @param offsets the start of each row among them, and n at the end: ascending i32 {@code [height +
 *     1]}
 * @param width number of columns
 */
public record Csr(Tensor values, Tensor columns, Tensor offsets, int width) {
  public Csr {
    Given.given("Csr", "values", values);
    Given.given("Csr", "columns", columns);
    Given.given("Csr", "offsets", offsets);
    if (width < 0) {
      throw new TypeException(
          "csr: width=" + width + ", expected at least 0 (" + SourceLocation.here() + ")");
    }
    if (offsets.dtype() != DType.I32 || offsets.rank() != 1 || offsets.dim(0) < 1) {
      throw new TypeException(
          "csr: offsets has type %s, expected i32[height + 1] (%s)"
              .formatted(offsets.type(), SourceLocation.here()));
    }
  }

  /** Returns the number of rows. */
  public int height() {
    return offsets.dim(0) - 1;
  }

  /** Converts to coordinate format: an element's row is the last that starts at or before it. */
  public Coo toCoo() {
    int n = values.dim(0);
    Tensor element = Numbers.range("toCoo", 0, n);
    Tensor rows = offsets.searchSorted(element, true).sub(1);
    return new Coo(values, rows, columns, height(), width);
  }

  /** Returns the product with {@code [width]} or {@code [width, m]}; see {@link Coo#matmul}. */
  public Tensor matmul(Tensor x) {
    return toCoo().matmul(x);
  }

  /** Returns the dense matrix {@code [height, width]}. */
  public Tensor toDense() {
    return toCoo().toDense();
  }
}
