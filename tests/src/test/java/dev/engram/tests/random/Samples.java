package dev.engram.tests.random;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.util.List;
import java.util.SplittableRandom;

/** Tensors to run programs on. */
final class Samples {
  /** The largest magnitude of a float. */
  static final double BOUND = 2;

  private static final double[] EDGES = {0, -0.0, 1, -1, 0.5, 2};
  private static final long[] EXTREMES = {
    Integer.MIN_VALUE, Integer.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE, -1, 200, 300, 40_000
  };

  private Samples() {}

  /**
   * Floats in -2..2, some of them round; integers mostly small, rarely beyond the range of a
   * narrower type.
   */
  static HostTensor any(TensorType type, SplittableRandom random) {
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      switch (type.dtype()) {
        case F32, F64, F16, BF16 ->
            t.setDouble(
                i,
                random.nextInt(8) == 0
                    ? EDGES[random.nextInt(EDGES.length)]
                    : random.nextDouble(-BOUND, BOUND));
        case I8, I16, I32, I64, U8 ->
            t.setBits(
                i,
                random.nextInt(25) == 0
                    ? EXTREMES[random.nextInt(EXTREMES.length)]
                    : random.nextInt(-3, 6));
        case BOOL -> t.setBits(i, random.nextInt(2));
      }
    }
    return t;
  }

  /** Floats in -1..1 and nothing round: tangents and cotangents. */
  static HostTensor direction(TensorType type, SplittableRandom random) {
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      t.setDouble(i, random.nextDouble(-1, 1));
    }
    return t;
  }

  static List<HostTensor> any(List<TensorType> types, SplittableRandom random) {
    return types.stream().map(t -> any(t, random)).toList();
  }

  static List<HostTensor> directions(List<TensorType> types, SplittableRandom random) {
    return types.stream().map(t -> direction(t, random)).toList();
  }
}
