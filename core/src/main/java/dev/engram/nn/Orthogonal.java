package dev.engram.nn;

import dev.engram.Key;
import dev.engram.Random;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/** Random orthogonal matrices. */
final class Orthogonal {
  private Orthogonal() {}

  /**
   * The Q of a normal matrix's QR decomposition, its columns multiplied by the signs of R's
   * diagonal, which makes it uniformly distributed (Mezzadri 2007).
   */
  static Tensor make(Key key, Shape shape, DType dtype, double gain) {
    if (shape.rank() != 2) {
      throw new TypeException(
          "orthogonal: shape [" + shape + "], expected a matrix (" + Where.here() + ")");
    }
    int rows = Math.max(shape.dim(0), shape.dim(1));
    int columns = Math.min(shape.dim(0), shape.dim(1));
    double[] normal = Random.normal(key, Shape.of(columns, rows), DType.F64).host().toDoubles();
    RealMatrix a = new Array2DRowRealMatrix(rows, columns);
    for (int j = 0; j < columns; j++) {
      a.setColumn(j, Arrays.copyOfRange(normal, j * rows, (j + 1) * rows));
    }
    QRDecomposition qr = new QRDecomposition(a);
    RealMatrix q = qr.getQ();
    RealMatrix r = qr.getR();
    boolean turned = shape.dim(0) == columns;
    double[] out = new double[rows * columns];
    for (int j = 0; j < columns; j++) {
      double scale = r.getEntry(j, j) < 0 ? -gain : gain;
      for (int i = 0; i < rows; i++) {
        out[turned ? j * rows + i : i * columns + j] = scale * q.getEntry(i, j);
      }
    }
    return dtype == DType.F64 ? HostTensor.of(out, shape.toArray()) : rounded(out, shape);
  }

  private static HostTensor rounded(double[] values, Shape shape) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return HostTensor.of(floats, shape.toArray());
  }
}
