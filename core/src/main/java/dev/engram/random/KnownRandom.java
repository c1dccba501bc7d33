package dev.engram.random;

import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.math.Threefry;

/**
 * Computes the numbers of {@link RandomTensors} from a known key in one loop instead of op by op,
 * since models are initialised before anything is compiled. The results are bit for bit those of
 * the ops: every step is rounded to the element type as they do it. Keys are {@code i32[2]}.
 */
public final class KnownRandom {
  // A normal f64 number takes four words.
  private static final long MOST = Integer.MAX_VALUE / 4 - 2;

  private KnownRandom() {}

  /** True for the float types, and for shapes whose random words fit into an array. */
  public static boolean knows(Shape shape, DType dtype) {
    return (dtype == DType.F32 || dtype == DType.F64) && shape.size() <= MOST;
  }

  public static HostTensor uniform(HostTensor key, Shape shape, DType dtype) {
    return tensor(uniform(key, count(shape), dtype == DType.F32), shape, dtype);
  }

  public static HostTensor normal(HostTensor key, Shape shape, DType dtype) {
    int n = count(shape);
    double[] uv = uniform(key, 2 * n, dtype == DType.F32);
    double[] out = new double[n];
    // √(-2 ln u) cos(2πv), with u in (0, 1]
    for (int i = 0; i < n; i++) {
      double length = Math.sqrt(ExactMath.log(1 - uv[i]) * -2);
      out[i] = length * ExactMath.cosTurns(uv[n + i]);
    }
    return tensor(out, shape, dtype);
  }

  private static double[] uniform(HostTensor key, int n, boolean narrow) {
    double[] out = new double[n];
    int[] words = words(key, narrow ? n : 2 * n);
    for (int i = 0; i < n; i++) {
      out[i] =
          narrow
              ? low(words[i], 24) * 0x1p-24
              : (low(words[i], 26) * 0x1p27 + low(words[n + i], 27)) * 0x1p-53;
    }
    return out;
  }

  private static double low(int word, int bits) {
    return word & ((1 << bits) - 1);
  }

  private static int[] words(HostTensor key, int n) {
    int k0 = (int) key.bits(0);
    int k1 = (int) key.bits(1);
    int[] out = new int[n];
    for (int i = 0; i < n; i += 2) {
      long block = Threefry.block(k0, k1, i / 2, 0);
      out[i] = (int) block;
      if (i + 1 < n) {
        out[i + 1] = (int) (block >>> 32);
      }
    }
    return out;
  }

  private static HostTensor tensor(double[] values, Shape shape, DType dtype) {
    if (dtype == DType.F64) {
      return HostTensor.of(values, shape.toArray());
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return HostTensor.of(narrow, shape.toArray());
  }

  private static int count(Shape shape) {
    return (int) shape.size();
  }
}
