package dev.engram.tests.types;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Edge values of an element type: ends of the range, zeros, NaN, and the ends of other types. */
final class EdgeValues {
  private static final List<Long> WHOLE = whole();
  private static final List<Double> REAL = real();

  private EdgeValues() {}

  // 2^k - 1, 2^k, 2^k + 1 and their negatives: ends of the integers, and of significands
  private static List<Long> whole() {
    Set<Long> out = new LinkedHashSet<>(List.of(0L, 1L, 2L, 3L, 5L, 300L));
    for (int k : new int[] {7, 8, 10, 11, 15, 16, 24, 31, 32, 53, 62, 63}) {
      long p = 1L << k;
      out.addAll(List.of(p - 1, p, p + 1));
    }
    List.copyOf(out).forEach(v -> out.add(-v));
    return List.copyOf(out);
  }

  private static List<Double> real() {
    Set<Double> out = new LinkedHashSet<>();
    WHOLE.forEach(v -> out.add((double) v));
    for (double v :
        new double[] {
          0.0,
          0.5,
          1.5,
          2.5,
          0.1,
          127.5,
          255.5,
          65504,
          65520,
          6e-8,
          6.1e-5,
          1e-40,
          Float.MIN_VALUE,
          Float.MIN_NORMAL,
          Float.MAX_VALUE,
          Double.MIN_VALUE,
          Double.MIN_NORMAL,
          Double.MAX_VALUE,
          1e20,
          Double.POSITIVE_INFINITY
        }) {
      out.add(v);
      out.add(-v);
    }
    out.add(Double.NaN);
    return List.copyOf(out);
  }

  /** The raw bits of each, none twice. */
  static List<Long> of(DType dtype) {
    Set<Long> out = new LinkedHashSet<>();
    if (dtype.isFloat()) {
      REAL.forEach(v -> out.add(dtype.bitsOf(v)));
    } else {
      WHOLE.forEach(v -> out.add(dtype.ofLong(v)));
      out.add(dtype.lowest());
      out.add(dtype.highest());
    }
    return List.copyOf(out);
  }

  /** Those where rules of arithmetic break: zeros, ones, ends, halves and NaN. */
  static List<Long> few(DType dtype) {
    Set<Long> out = new LinkedHashSet<>(List.of(dtype.lowest(), dtype.highest()));
    for (long v : new long[] {0, 1, -1, 2, -2, 3, 127, 128, 200}) {
      out.add(dtype.ofLong(v));
    }
    if (dtype.isFloat()) {
      for (double v : new double[] {-0.0, 0.5, -1.5, 6e-8, Double.MIN_NORMAL, 65504, 3e38, 1e308}) {
        out.add(dtype.bitsOf(v));
      }
      out.add(dtype.bitsOf(Double.NaN));
    } else if (dtype.isInteger()) {
      out.add(dtype.ofLong(dtype.lowest() + 1));
      out.add(dtype.ofLong(dtype.highest() - 1));
    }
    return List.copyOf(out);
  }

  /** All of them, in a row. */
  static HostTensor row(DType dtype) {
    return tensor(dtype, of(dtype));
  }

  /** Two rows that pair every value with every other. */
  static List<HostTensor> pairs(DType dtype, List<Long> values) {
    List<Long> first = new ArrayList<>();
    List<Long> second = new ArrayList<>();
    for (long a : values) {
      for (long b : values) {
        first.add(a);
        second.add(b);
      }
    }
    return List.of(tensor(dtype, first), tensor(dtype, second));
  }

  static HostTensor tensor(DType dtype, List<Long> bits) {
    HostTensor t = HostTensor.allocate(TensorType.of(dtype, bits.size()));
    for (int i = 0; i < bits.size(); i++) {
      t.setBits(i, bits.get(i));
    }
    return t;
  }
}
