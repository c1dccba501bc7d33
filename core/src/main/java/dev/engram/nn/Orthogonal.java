package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.Arrays;

/**
 * Random orthogonal matrices. They are computed here rather than by {@code Linalg.qr}, which traces
 * and compiles a program for each shape; models are initialised eagerly and need no derivative.
 */
final class Orthogonal {
  private Orthogonal() {}

  /**
   * The Q of a normal matrix's QR decomposition, its columns multiplied by the signs of R's
   * diagonal, which makes it uniformly distributed (Mezzadri 2007).
   */
  static Tensor make(RandomKey key, Shape shape, DType dtype, double gain) {
    if (shape.rank() != 2) {
      throw new TypeException(
          "orthogonal: shape [" + shape + "], expected a matrix (" + SourceLocation.here() + ")");
    }
    int rows = Math.max(shape.dim(0), shape.dim(1));
    int columns = Math.min(shape.dim(0), shape.dim(1));
    double[] normal =
        RandomTensors.normal(key, Shape.of(columns, rows), DType.F64).host().toDoubles();
    double[][] a = new double[columns][];
    for (int j = 0; j < columns; j++) {
      a[j] = Arrays.copyOfRange(normal, j * rows, (j + 1) * rows);
    }
    double[] r = reflections(a);
    double[][] q = product(a, r);
    boolean turned = shape.dim(0) == columns;
    double[] out = new double[rows * columns];
    for (int j = 0; j < columns; j++) {
      double scale = r[j] < 0 ? -gain : gain;
      for (int i = 0; i < rows; i++) {
        out[turned ? j * rows + i : i * columns + j] = scale * q[j][i];
      }
    }
    return HostTensor.of(out, shape.toArray()).cast(dtype);
  }

  /**
   * Reduces {@code a} to upper triangular form by Householder reflections, which it stores in
   * place: column k holds {@code v_k} from row k on. Returns R's diagonal.
   *
   * <p>{@code v = x - r e_k} with {@code r = -sign(x_k)·|x|}, and {@code H = 1 + v vᵀ / (r v_k)}.
   */
  private static double[] reflections(double[][] a) {
    double[] r = new double[a.length];
    for (int k = 0; k < a.length; k++) {
      double[] v = a[k];
      double square = 0;
      for (int i = k; i < v.length; i++) {
        square += v[i] * v[i];
      }
      r[k] = v[k] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
      v[k] -= r[k];
      for (int j = k + 1; j < a.length; j++) {
        reflect(a[j], v, k, r[k]);
      }
    }
    return r;
  }

  /** Forms the first columns of {@code H_0 H_1 …}. */
  private static double[][] product(double[][] v, double[] r) {
    double[][] q = new double[v.length][];
    for (int k = v.length - 1; k >= 0; k--) {
      q[k] = new double[v[k].length];
      q[k][k] = 1;
      for (int j = k; j < v.length; j++) {
        reflect(q[j], v[k], k, r[k]);
      }
    }
    return q;
  }

  // x ← H x, from row k on
  private static void reflect(double[] x, double[] v, int k, double r) {
    double along = 0;
    for (int i = k; i < x.length; i++) {
      along += x[i] * v[i];
    }
    double scale = along / (r * v[k]);
    for (int i = k; i < x.length; i++) {
      x[i] += scale * v[i];
    }
  }
}
