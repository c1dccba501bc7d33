package dev.engram.tests.narrow;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;

/** The 16-bit types, operands near the ends of their range, and the tolerance of results. */
final class Narrow {
  static final List<DType> TYPES = List.of(DType.F16, DType.BF16);

  private Narrow() {}

  /** A function that can be called in any float type. */
  @FunctionalInterface
  interface Fn extends Function<List<Tensor>, Tensor> {}

  /** Returns the unit in the last place at {@code value}. */
  static double ulp(DType dtype, double value) {
    int digits = dtype == DType.F16 ? 10 : 7;
    int least = dtype == DType.F16 ? -24 : -133;
    if (value == 0 || !Double.isFinite(value)) {
      return Math.scalb(1.0, least);
    }
    return Math.scalb(1.0, Math.max(Math.getExponent(value) - digits, least));
  }

  /** The greatest finite number. */
  static double greatest(DType dtype) {
    return dtype.below(Double.POSITIVE_INFINITY);
  }

  /**
   * Fails unless {@code got} is {@code f} of the same operands in f64 within one step of its type,
   * and twice what the same function in f32 is off.
   */
  static void check(String what, DType dtype, Fn f, List<HostTensor> operands) {
    HostTensor got = f.apply(List.copyOf(operands)).host();
    HostTensor want = f.apply(in(DType.F64, operands)).host();
    HostTensor single = f.apply(in(DType.F32, operands)).host();
    DType expected = want.dtype().isFloat() && want.dtype() != single.dtype() ? dtype : null;
    if (expected != null && got.dtype() != expected) {
      throw new AssertionError(what + ": the result is " + got.type() + ", expected " + expected);
    }
    for (long i = 0; i < want.type().size(); i++) {
      double w = want.getDouble(i);
      double g = got.getDouble(i);
      double s = single.getDouble(i);
      // bf16 has the range of f32, so overflow there is not counted
      boolean ranges = dtype == DType.BF16 && !Double.isFinite(s) && Double.isFinite(w);
      if (!ranges && !near(dtype, g, w, 2 * Math.abs(s - w))) {
        throw new AssertionError(
            "%s in %s: element %d is %s, expected %s (f32: %s)".formatted(what, dtype, i, g, w, s));
      }
    }
  }

  static boolean near(DType dtype, double got, double want, double more) {
    double top = greatest(dtype);
    if (Double.isNaN(want) || Double.isNaN(got)) {
      return Double.isNaN(want) == Double.isNaN(got);
    }
    double allowed = ulp(dtype, want) + (Double.isFinite(more) ? more : 0);
    if (Math.abs(want) > top) {
      return Math.signum(got) == Math.signum(want) && Math.abs(got) >= top - allowed;
    }
    if (Double.isInfinite(got)) {
      return Math.signum(got) == Math.signum(want) && Math.abs(want) + allowed >= top;
    }
    return Math.abs(got - want) <= allowed;
  }

  static List<Tensor> in(DType dtype, List<HostTensor> operands) {
    return operands.stream()
        .<Tensor>map(t -> t.dtype().isFloat() ? t.cast(dtype).host() : t)
        .toList();
  }

  static HostTensor of(DType dtype, Shape shape, IntToDoubleFunction value) {
    HostTensor t = HostTensor.allocate(new TensorType(dtype, shape));
    for (int i = 0; i < shape.size(); i++) {
      t.setDouble(i, value.applyAsDouble(i));
    }
    return t;
  }

  /** Vectors for which a 16-bit sum, square or constant would be wrong, by name. */
  static Map<String, HostTensor> operands(DType dtype, int n) {
    Random random = new Random(n);
    double tiny = dtype == DType.F16 ? 0x1p-23 : 0x1p-120;
    Map<String, IntToDoubleFunction> all = new LinkedHashMap<>();
    all.put("zeros", _ -> 0);
    all.put("ones", _ -> 1);
    all.put("large and equal", _ -> 40000);
    all.put("large of both signs", i -> i % 2 == 0 ? 300 : -300);
    all.put("tiny", i -> (1 + i % 3) * tiny);
    all.put("small", i -> 1e-4 * (1 + i % 5));
    all.put("normal", _ -> random.nextGaussian());
    all.put("one far from the rest", i -> i == n / 2 ? 30000 : 0.5);
    Map<String, HostTensor> out = new LinkedHashMap<>();
    all.forEach((name, value) -> out.put(name, of(dtype, Shape.of(n), value)));
    return out;
  }

  /** The pairs of vectors for functions of several: each with itself, and with some others. */
  private static final int[] SHIFTS = {0, 1, 3, 6};

  /** {@code count} operands of a function. */
  static Map<String, List<HostTensor>> operands(DType dtype, int n, int count) {
    Map<String, HostTensor> all = operands(dtype, n);
    List<String> names = List.copyOf(all.keySet());
    Map<String, List<HostTensor>> out = new LinkedHashMap<>();
    for (int i : n > 1000 ? new int[] {1, 2, 6} : new int[] {0, 1, 2, 3, 4, 5, 6, 7}) {
      for (int shift : count == 1 ? new int[] {0} : n > 1000 ? new int[] {1} : SHIFTS) {
        List<HostTensor> some = new ArrayList<>();
        StringBuilder name = new StringBuilder("[" + n + "]");
        for (int k = 0; k < count; k++) {
          String at = names.get((i + k * shift) % names.size());
          some.add(all.get(at));
          name.append(k == 0 ? " " : " and ").append(at);
        }
        out.put(name.toString(), some);
      }
    }
    return out;
  }
}
