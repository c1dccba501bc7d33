package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.HeapArrays;
import dev.engram.ir.tensor.Moves;
import dev.engram.ir.tensor.NestedArray;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntFunction;

/** Java arrays as tensors, and tensors as Java arrays. */
final class HostArrays {
  private static final String GIVEN = "HostTensor.of: the array";

  private HostArrays() {}

  static HostTensor of(DType dtype, float[] values, int... dims) {
    return copy(dtype, Given.given(GIVEN, values), values.length, ValueLayout.JAVA_FLOAT, dims);
  }

  static HostTensor of(DType dtype, double[] values, int... dims) {
    return copy(dtype, Given.given(GIVEN, values), values.length, ValueLayout.JAVA_DOUBLE, dims);
  }

  static HostTensor of(DType dtype, int[] values, int... dims) {
    return copy(dtype, Given.given(GIVEN, values), values.length, ValueLayout.JAVA_INT, dims);
  }

  static HostTensor of(DType dtype, long[] values, int... dims) {
    return copy(dtype, Given.given(GIVEN, values), values.length, ValueLayout.JAVA_LONG, dims);
  }

  static HostTensor of(DType dtype, short[] values, int... dims) {
    return copy(dtype, Given.given(GIVEN, values), values.length, ValueLayout.JAVA_SHORT, dims);
  }

  static HostTensor of(DType dtype, byte[] values, int... dims) {
    return copy(dtype, Given.given(GIVEN, values), values.length, ValueLayout.JAVA_BYTE, dims);
  }

  private static HostTensor copy(DType dtype, Object values, int n, ValueLayout each, int[] dims) {
    HostTensor t = sized(dtype, n, dims);
    MemorySegment.copy(values, 0, t.segment(), each, 0, n);
    return t;
  }

  static HostTensor of(boolean[] values, int... dims) {
    HostTensor t = sized(DType.BOOL, Given.given(GIVEN, values).length, dims);
    for (int i = 0; i < values.length; i++) {
      t.setBits(i, values[i] ? 1 : 0);
    }
    return t;
  }

  /** Of rows, or of parts of rows. */
  static HostTensor of(NestedArray a) {
    return switch (a.values()) {
      case float[] v -> of(DType.F32, v, a.dims());
      case double[] v -> of(DType.F64, v, a.dims());
      case int[] v -> of(DType.I32, v, a.dims());
      case long[] v -> of(DType.I64, v, a.dims());
      case boolean[] v -> of(v, a.dims());
      default -> throw new IllegalArgumentException(a.values().getClass().getTypeName());
    };
  }

  private static HostTensor sized(DType dtype, int n, int[] dims) {
    TensorType type = TensorType.of(dtype, dims);
    HostChecks.values(n, type);
    return HostTensor.allocate(type);
  }

  static double[] toDoubles(HostTensor t) {
    double[] out = array("toDoubles", t, Double.BYTES, double[]::new);
    if (t.dtype() == DType.F64) {
      MemorySegment.copy(t.segment(), ValueLayout.JAVA_DOUBLE, 0, out, 0, out.length);
    } else {
      Arrays.setAll(out, t::getDouble);
    }
    return out;
  }

  static float[] toFloats(HostTensor t) {
    float[] out = array("toFloats", t, Float.BYTES, float[]::new);
    if (t.dtype() == DType.F32) {
      MemorySegment.copy(t.segment(), ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
    } else {
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) t.getDouble(i);
      }
    }
    return out;
  }

  static long[] toLongs(HostTensor t) {
    long[] out = array("toLongs", t, Long.BYTES, long[]::new);
    Arrays.setAll(out, t::getLong);
    return out;
  }

  private static <A> A array(String op, HostTensor t, int each, IntFunction<A> make) {
    String what = "the elements of " + t.type();
    int n = Moves.length(op, "an array of " + what, t.type().size());
    return HeapArrays.make(what, n, each, make);
  }
}
