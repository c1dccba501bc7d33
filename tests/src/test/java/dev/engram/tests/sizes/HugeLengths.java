package dev.engram.tests.sizes;

import dev.engram.ir.DType;
import dev.engram.ir.TensorType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Lengths, and shapes of them, on both sides of what int and long hold. */
final class HugeLengths {
  private static final int[] LENGTHS = {
    0,
    1,
    1,
    2,
    3,
    5,
    255,
    1 << 16,
    50_000,
    1 << 21,
    1 << 30,
    Integer.MAX_VALUE - 1,
    Integer.MAX_VALUE
  };

  private HugeLengths() {}

  static int any(SplittableRandom random) {
    return LENGTHS[random.nextInt(LENGTHS.length)];
  }

  /** A type that there is. */
  static TensorType type(SplittableRandom random, DType dtype, int rank) {
    while (true) {
      List<Integer> dims = new ArrayList<>();
      for (int i = 0; i < rank; i++) {
        dims.add(any(random));
      }
      if (SizedUse.tooLarge(exact(dims)).isEmpty()) {
        return TensorType.of(dtype, dims.stream().mapToInt(i -> i).toArray());
      }
    }
  }

  static List<BigInteger> exact(List<Integer> dims) {
    return dims.stream().map(BigInteger::valueOf).toList();
  }

  static List<BigInteger> exact(TensorType type) {
    return exact(type.shape().dims());
  }
}
