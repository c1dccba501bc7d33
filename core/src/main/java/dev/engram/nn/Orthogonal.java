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

/** Random orthogonal matrices. */
final class Orthogonal {
  private Orthogonal() {}

  /**
   * The Q of a normal matrix's QR decomposition with a positive diagonal in R, which makes it
   * uniformly distributed (Mezzadri 2007).
   */
  static Tensor make(Key key, Shape shape, DType dtype, double gain) {
    if (shape.rank() != 2) {
      throw new TypeException(
          "orthogonal: shape [" + shape + "], expected a matrix (" + Where.here() + ")");
    }
    int length = Math.max(shape.dim(0), shape.dim(1));
    int count = Math.min(shape.dim(0), shape.dim(1));
    double[] normal = Random.normal(key, Shape.of(count, length), DType.F64).host().toDoubles();
    double[][] q = new double[count][];
    for (int i = 0; i < count; i++) {
      q[i] = Arrays.copyOfRange(normal, i * length, (i + 1) * length);
    }
    orthonormalize(q);
    boolean rows = shape.dim(0) == count;
    double[] out = new double[count * length];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < length; j++) {
        out[rows ? i * length + j : j * count + i] = gain * q[i][j];
      }
    }
    return HostTensor.of(out, shape.toArray()).cast(dtype);
  }

  /** Gram and Schmidt, twice: once leaves errors where vectors were nearly parallel. */
  private static void orthonormalize(double[][] q) {
    for (int i = 0; i < q.length; i++) {
      for (int round = 0; round < 2; round++) {
        for (int j = 0; j < i; j++) {
          subtract(q[i], dot(q[i], q[j]), q[j]);
        }
      }
      double norm = Math.sqrt(dot(q[i], q[i]));
      for (int k = 0; k < q[i].length; k++) {
        q[i][k] /= norm;
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  private static void subtract(double[] a, double scale, double[] b) {
    for (int k = 0; k < a.length; k++) {
      a[k] -= scale * b[k];
    }
  }
}
