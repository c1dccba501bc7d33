package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Numbers of user code as elements of a type: rounded to a float type, exact in the others. */
public final class Numbers {
  private Numbers() {}

  /** A scalar of the element type of {@code t}. */
  public static Tensor scalar(String op, Tensor t, double v) {
    TensorType type = TensorType.scalar(t.dtype());
    return filled(t, type, bits(op, t.type(), v));
  }

  /** A scalar of the element type of {@code t}. */
  public static Tensor scalar(String op, Tensor t, long v) {
    TensorType type = TensorType.scalar(t.dtype());
    return filled(t, type, bits(op, t.type(), v));
  }

  private static Tensor filled(Tensor t, TensorType type, long bits) {
    return t instanceof Tracer x
        ? x.builder().tracer(new Lit(type, bits))
        : HostTensor.fill(type, bits);
  }

  /**
   * The numbers {@code from} … {@code to - 1} as {@code i32[to - from]}.
   *
   * @throws TypeException when there are more than an axis can have
   */
  public static HostTensor range(String op, int from, int to) {
    int n = Moves.length(op, "the axis of what it counts", (long) to - from);
    HostTensor out = HostTensor.allocate(TensorType.of(DType.I32, n));
    MemorySegment s = out.segment();
    for (int i = 0; i < n; i++) {
      s.setAtIndex(ValueLayout.JAVA_INT, i, from + i);
    }
    return out;
  }

  /**
   * The raw bits of {@code v} in the element type of {@code type}.
   *
   * @throws TypeException when that is no float type and {@code v} is none of its values
   */
  public static long bits(String op, TensorType type, double v) {
    if (type.dtype().isFloat()) {
      return type.dtype().bitsOf(v);
    }
    // 2^63 as a long is 2^63 - 1, which as a double is 2^63 again
    if ((long) v != v || v == 0x1p63) {
      throw misfit(op, type, Double.toString(v));
    }
    return bits(op, type, (long) v);
  }

  /**
   * The raw bits of {@code v} in the element type of {@code type}.
   *
   * @throws TypeException when that is no float type and {@code v} is none of its values
   */
  public static long bits(String op, TensorType type, long v) {
    long bits = type.dtype().ofLong(v);
    if (!type.dtype().isFloat() && bits != v) {
      throw misfit(op, type, Long.toString(v));
    }
    return bits;
  }

  private static TypeException misfit(String op, TensorType type, String v) {
    DType d = type.dtype();
    return new TypeException(
        "%s: the number %s does not fit %s, expected an integer from %d to %d; cast the tensor to a type that has it (%s)"
            .formatted(op, v, type, d.lowest(), d.highest(), SourceLocation.here()));
  }
}
