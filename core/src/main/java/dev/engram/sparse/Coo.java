package dev.engram.sparse;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Index;
import dev.engram.ir.tensor.Moves;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A sparse matrix in coordinate format; elements at the same position add up. Its products have
 * derivatives with respect to {@code values} and the dense operand; the pattern is fixed.
 *
 * @param values the elements {@code [n]}
 * @param rows their rows, integers {@code [n]}; elements out of range are ignored
 * @param columns their columns, integers {@code [n]}, in range
 * @param height number of rows
 * @param width number of columns
 */
public record Coo(Tensor values, Tensor rows, Tensor columns, int height, int width) {
  public Coo {
    Given.given("Coo", "values", values);
    Given.given("Coo", "rows", rows);
    Given.given("Coo", "columns", columns);
    requireIndices("rows", rows, values);
    requireIndices("columns", columns, values);
    if (height < 0 || width < 0) {
      throw new TypeException(
          "coo: height=%d, width=%d, expected none negative (%s)"
              .formatted(height, width, SourceLocation.here()));
    }
  }

  private static void requireIndices(String name, Tensor t, Tensor values) {
    if (values.rank() != 1 || !t.dtype().isInteger() || !t.shape().equals(values.shape())) {
      throw new TypeException(
          "coo: %s has type %s, expected integers, one for each of the values of type %s (%s)"
              .formatted(name, t.type(), values.type(), SourceLocation.here()));
    }
  }

  /** Returns the product {@code y_i = Σ_j a_ij x_j} with {@code [width]} or {@code [width, m]}. */
  public Tensor matmul(Tensor x) {
    Given.given("Coo.matmul", "x", x);
    if (x.rank() < 1 || x.rank() > 2 || x.dim(0) != width || x.dtype() != values.dtype()) {
      throw new TypeException(
          "sparse matmul: operand 1 has type %s, expected %s[%d] or %s[%d,m] for a matrix of %d × %d (%s)"
              .formatted(
                  x.type(),
                  values.dtype(),
                  width,
                  values.dtype(),
                  width,
                  height,
                  width,
                  SourceLocation.here()));
    }
    Shape out = x.shape().with(0, height);
    Tensor zeros = HostTensor.full(new TensorType(x.dtype(), out), 0);
    if (width == 0) {
      return zeros;
    }
    Tensor weights = x.rank() == 2 ? values.expandDims(1) : values;
    // the ops themselves: their methods refuse elements out of range, which are ignored here
    Tensor sent = one(new Index.Gather(0, 0), x, columns).mul(weights);
    return one(new Index.Scatter(0, 0, Index.Combine.ADD), zeros, rows, sent);
  }

  private static Tensor one(Index op, Tensor... operands) {
    return Tensor.apply(op, List.of(operands)).getFirst();
  }

  /** Returns the transpose, of the same elements with rows and columns exchanged. */
  public Coo transpose() {
    return new Coo(values, columns, rows, width, height);
  }

  /** Returns the dense matrix {@code [height, width]}. */
  public Tensor toDense() {
    return matmul(Tensor.eye(values.dtype(), width));
  }

  /** Collects the nonzero elements of a dense matrix {@code [height, width]}, row by row. */
  public static Coo of(HostTensor dense) {
    Given.given("Coo.of", "dense", dense);
    if (dense.rank() != 2) {
      throw new TypeException(
          "coo: operand 0 has type %s, expected a matrix (%s)"
              .formatted(dense.type(), SourceLocation.here()));
    }
    int width = dense.dim(1);
    int[] at =
        IntStream.range(
                0, Moves.length("coo", "the elements of " + dense.type(), dense.type().size()))
            .filter(i -> dense.getDouble(i) != 0)
            .toArray();
    HostTensor values = HostTensor.allocate(TensorType.of(dense.dtype(), at.length));
    HostTensor rows = HostTensor.allocate(TensorType.of(DType.I32, at.length));
    HostTensor columns = HostTensor.allocate(TensorType.of(DType.I32, at.length));
    for (int i = 0; i < at.length; i++) {
      values.setBits(i, dense.bits(at[i]));
      rows.setBits(i, at[i] / width);
      columns.setBits(i, at[i] % width);
    }
    return new Coo(values, rows, columns, dense.dim(0), width);
  }
}
