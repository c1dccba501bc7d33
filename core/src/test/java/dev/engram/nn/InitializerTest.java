package dev.engram.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import java.util.Map;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;

class InitializerTest {

  @Test
  void orthogonalMatricesAreOrthogonal() {
    for (Shape shape : new Shape[] {Shape.of(9, 5), Shape.of(5, 9), Shape.of(6, 6)}) {
      HostTensor w = Initializer.orthogonal(2).make(RandomKey.of(1), shape, DType.F64).host();
      Tensor gram = shape.dim(0) > shape.dim(1) ? w.transpose().matmul(w) : w.matmul(w.transpose());
      int n = Math.min(shape.dim(0), shape.dim(1));
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          assertEquals(i == j ? 4 : 0, gram.host().getDouble((long) i * n + j), 1e-12);
        }
      }
      assertFalse(
          w.sameBits(Initializer.orthogonal(2).make(RandomKey.of(2), shape, DType.F64).host()));
    }
  }

  /** Beside {@code Q·sign(diag R)} of another implementation, to the last bit. */
  @Test
  void orthogonalMatricesAsInCommonsMath() {
    for (Shape shape :
        new Shape[] {Shape.of(1, 1), Shape.of(40, 7), Shape.of(7, 40), Shape.of(9, 9)}) {
      int rows = Math.max(shape.dim(0), shape.dim(1));
      int columns = Math.min(shape.dim(0), shape.dim(1));
      Tensor normal =
          RandomTensors.normal(RandomKey.of(3), Shape.of(columns, rows), DType.F64).transpose();
      RealMatrix a = new Array2DRowRealMatrix(rows, columns);
      for (int i = 0; i < rows * columns; i++) {
        a.setEntry(i / columns, i % columns, normal.host().getDouble(i));
      }
      QRDecomposition qr = new QRDecomposition(a);
      Tensor got = Initializer.orthogonal(3).make(RandomKey.of(3), shape, DType.F64);
      HostTensor q = (shape.dim(0) == columns ? got.transpose() : got).host();
      for (int i = 0; i < rows * columns; i++) {
        double sign = Math.signum(qr.getR().getEntry(i % columns, i % columns));
        assertEquals(3 * sign * qr.getQ().getEntry(i / columns, i % columns), q.getDouble(i), 0.0);
        a.setEntry(i / columns, i % columns, q.getDouble(i));
      }
      RealMatrix gram = a.transpose().multiply(a); // 3² QᵀQ
      RealMatrix nine = MatrixUtils.createRealIdentityMatrix(columns).scalarMultiply(9);
      assertEquals(0, gram.subtract(nine).getNorm(), 1e-12);
    }
  }

  @Test
  void variancesFollowTheFans() {
    Shape shape = Shape.of(60, 100);
    Map<Initializer, Double> want =
        Map.of(
            Initializer.glorotUniform(), 2 / 160.0,
            Initializer.glorotNormal(), 2 / 160.0,
            Initializer.heUniform(), 2 / 60.0,
            Initializer.heNormal(), 2 / 60.0,
            Initializer.lecunUniform(), 1 / 60.0,
            Initializer.lecunNormal(), 1 / 60.0,
            Initializer.normal(0.5), 0.25,
            Initializer.uniform(-3, 3), 3.0,
            Initializer.constant(2), 4.0);
    want.forEach(
        (init, variance) -> {
          Tensor w = init.make(RandomKey.of(5), shape, DType.F32);
          assertEquals(DType.F32, w.dtype());
          double got = w.cast(DType.F64).square().mean().host().item();
          assertEquals(variance, got, variance * 0.06);
        });
    Tensor cut = Initializer.truncatedNormal(0.1).make(RandomKey.of(5), shape, DType.F32);
    assertTrue(cut.abs().max().host().item() <= 0.200001);
  }
}
