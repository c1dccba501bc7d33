package dev.engram.linalg;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.Numbers;
import java.util.List;

/** Steps that the algorithms share. Matrices are the last two axes, vectors the last one. */
final class Matrices {
  private Matrices() {}

  static TypeException error(String op, String text) {
    return new TypeException(op + ": " + text + " (" + SourceLocation.here() + ")");
  }

  /** The size of the square float matrices {@code a}. */
  static int square(String op, Tensor a) {
    rectangular(op, a);
    if (a.dim(-1) != a.dim(-2)) {
      throw error(
          op,
          "operand 0 has type "
              + a.type()
              + ", expected square matrices: axes -2 and -1 of one length");
    }
    return a.dim(-1);
  }

  static void rectangular(String op, Tensor a) {
    Given.given(op, "operand 0", a);
    if (!a.dtype().isFloat() || a.rank() < 2) {
      throw error(
          op,
          "operand 0 has type "
              + a.type()
              + ", expected a float type and at least two axes; see .cast and .expandDims");
    }
  }

  /** Lengths of the axes before the matrices. */
  static Shape lead(Tensor a) {
    return a.shape().range(0, a.rank() - 2);
  }

  static Tensor zeros(Tensor like, Shape shape) {
    return zero(like).broadcastTo(shape);
  }

  /** {@code known} for each matrix of {@code a}, in the graph that {@code a} is in. */
  static Tensor each(Tensor a, Tensor known) {
    return beside(a, known).broadcastTo(lead(a).concat(known.shape()));
  }

  /** {@code known} in the graph that {@code a} is in. */
  private static Tensor beside(Tensor a, Tensor known) {
    return Tracer.recorded(List.of(a, known)).getLast();
  }

  static Tensor one(Tensor like) {
    return beside(like, HostTensor.full(TensorType.scalar(like.dtype()), 1));
  }

  static Tensor zero(Tensor like) {
    return beside(like, HostTensor.full(TensorType.scalar(like.dtype()), 0));
  }

  /** The numbers 0 … n-1 (i32). */
  static Tensor counter(int n) {
    return Numbers.range("linalg", 0, n);
  }

  static Tensor column(Tensor a, Tensor k) {
    return a.take(k, -1);
  }

  static Tensor row(Tensor a, Tensor k) {
    return a.take(k, -2);
  }

  /** {@code x_i y_j}. */
  static Tensor outer(Tensor x, Tensor y) {
    return x.expandDims(-1).mul(y.expandDims(-2));
  }

  /** {@code Σ_i x_i a_ij}. */
  static Tensor times(Tensor x, Tensor a) {
    return x.expandDims(-2).matmul(a).squeeze(-2);
  }

  /** Stacked by a loop along axis 0, as the columns of matrices. */
  static Tensor columns(Tensor stacked) {
    return stacked.moveAxis(0, -1);
  }
}
