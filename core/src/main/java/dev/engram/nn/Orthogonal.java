package dev.engram.nn;

import dev.engram.Key;
import dev.engram.Random;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/** Random orthogonal matrices. */
final class Orthogonal {
  private Orthogonal() {}

  /**
   * The Q of a normal matrix, its columns multiplied by the signs of R's diagonal, which makes it
   * uniformly distributed (Mezzadri 2007).
   */
  static HostTensor make(Key key, Shape shape, DType dtype, double gain) {
    if (shape.rank() != 2) {
      throw new TypeException(
          "orthogonal: shape [" + shape + "], expected a matrix (" + Where.here() + ")");
    }
    int rows = Math.max(shape.dim(0), shape.dim(1));
    int columns = Math.min(shape.dim(0), shape.dim(1));
    HostTensor normal = Random.normal(key, Shape.of(rows, columns), DType.F64).host();
    double[][] a = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        a[i][j] = normal.getDouble((long) i * columns + j);
      }
    }
    QRDecomposition qr = new QRDecomposition(new Array2DRowRealMatrix(a, false));
    RealMatrix q = thinQ(qr, rows, columns);
    boolean turned = shape.dim(0) < shape.dim(1);
    HostTensor out = HostTensor.allocate(new TensorType(dtype, shape));
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        long at = turned ? (long) j * rows + i : (long) i * columns + j;
        out.setDouble(at, gain * q.getEntry(i, j));
      }
    }
    return out;
  }

  private static RealMatrix thinQ(QRDecomposition qr, int rows, int columns) {
    RealMatrix q = qr.getQ().getSubMatrix(0, rows - 1, 0, columns - 1);
    RealMatrix r = qr.getR();
    for (int j = 0; j < columns; j++) {
      if (r.getEntry(j, j) < 0) {
        q.setColumnMatrix(j, q.getColumnMatrix(j).scalarMultiply(-1));
      }
    }
    return q;
  }
}
