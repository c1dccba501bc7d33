package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Evenly spaced numbers, and grids of them. */
public final class Grids {
  private Grids() {}

  /** The integers 0 to {@code n-1}. */
  public static HostTensor arange(int n) {
    Moves.shape("arange", n);
    return Numbers.range("arange", 0, n);
  }

  /** Exact integers, rounded to a float type. */
  public static HostTensor arange(DType dtype, long from, long to, long step) {
    numeric(dtype);
    if (step == 0) {
      throw noStep("0");
    }
    BigInteger span = BigInteger.valueOf(to).subtract(BigInteger.valueOf(from));
    BigInteger by = BigInteger.valueOf(step);
    // ⌈span / step⌉
    BigInteger[] q = span.divideAndRemainder(by);
    boolean more = q[1].signum() * by.signum() > 0;
    BigInteger n = more ? q[0].add(BigInteger.ONE) : q[0];
    HostTensor out = HostTensor.allocate(TensorType.of(dtype, length(n)));
    for (long i = 0; i < out.type().size(); i++) {
      out.setBits(i, Numbers.bits("arange", out.type(), from + i * step));
    }
    return out;
  }

  private static int length(BigInteger n) {
    long count = n.signum() < 0 ? 0 : n.bitLength() > 62 ? Long.MAX_VALUE : n.longValue();
    return Moves.length("arange", "its axis", count);
  }

  /** {@code from + i step} in f64, rounded once. */
  public static HostTensor arange(DType dtype, double from, double to, double step) {
    floats("arange", dtype);
    Ranges.finite("arange", "from", from);
    Ranges.finite("arange", "to", to);
    Ranges.finite("arange", "step", step);
    if (step == 0) {
      throw noStep("0.0");
    }
    double n = Math.max(Math.ceil((to - from) / step), 0);
    int length = Moves.length("arange", "its axis", (long) n);
    HostTensor out = HostTensor.allocate(TensorType.of(dtype, length));
    for (int i = 0; i < length; i++) {
      out.setDouble(i, from + i * step);
    }
    return out;
  }

  /** {@code n} numbers with both ends, computed in f64 and rounded once. */
  public static HostTensor linspace(DType dtype, double from, double to, int n) {
    floats("linspace", dtype);
    Ranges.finite("linspace", "from", from);
    Ranges.finite("linspace", "to", to);
    Ranges.atLeastOne("linspace", "n", n);
    double step = n == 1 ? 0 : Ranges.finite("linspace", "to - from", to - from) / (n - 1);
    HostTensor out = HostTensor.allocate(TensorType.of(dtype, n));
    for (int i = 0; i < n; i++) {
      out.setDouble(i, i > 0 && i == n - 1 ? to : from + i * step);
    }
    return out;
  }

  /** Result k is vector k along axis k, repeated along all others. */
  public static List<Tensor> meshgrid(List<Tensor> vectors) {
    List<Integer> dims = new ArrayList<>();
    for (Tensor v : vectors) {
      if (v.rank() != 1) {
        throw new TypeException(
            "meshgrid: operand %d has type %s, expected a vector; make one with .reshape(%d) (%s)"
                .formatted(dims.size(), v.type(), v.shape().size(), SourceLocation.here()));
      }
      dims.add(v.dim(0));
    }
    Shape shape = Moves.named("meshgrid", () -> Shape.of(dims));
    List<Tensor> out = new ArrayList<>();
    for (Tensor v : vectors) {
      Shape along = Shape.of(dims.stream().map(_ -> 1).toList()).with(out.size(), v.dim(0));
      out.add(v.reshape(along).broadcastTo(shape));
    }
    return List.copyOf(out);
  }

  private static void numeric(DType dtype) {
    Given.given("arange", "dtype", dtype);
    if (!dtype.isNumeric()) {
      throw new TypeException(
          "arange: dtype=%s, expected a numeric type (%s)".formatted(dtype, SourceLocation.here()));
    }
  }

  private static void floats(String op, DType dtype) {
    Given.given(op, "dtype", dtype);
    if (!dtype.isFloat()) {
      throw new TypeException(
          "%s: dtype=%s of fractions, expected a float type (%s)"
              .formatted(op, dtype, SourceLocation.here()));
    }
  }

  private static TypeException noStep(String step) {
    return new TypeException(
        "arange: step=%s, expected another number than 0 (%s)"
            .formatted(step, SourceLocation.here()));
  }
}
