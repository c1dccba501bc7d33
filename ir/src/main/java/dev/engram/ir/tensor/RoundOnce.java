package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Functions made of several ops, rounded to the type of their operands once.
 *
 * <p>An op on {@code f16} or {@code bf16} computes in {@code f32} and rounds its result. A function
 * of many ops would round after each: a sum of squares leaves the range of {@code f16} before its
 * mean is taken, and {@code 1 - β} is 0 where β rounds to 1. Here the operands become {@code f32}
 * first, and the result is rounded at the end; so are derivatives. For other types nothing is added
 * to the graph.
 */
public final class RoundOnce {
  private RoundOnce() {}

  /** {@code f(x)}. */
  public static Tensor of(Tensor x, UnaryOperator<Tensor> f) {
    Given.given("RoundOnce.of", "f", f);
    return f.apply(wide(x)).cast(x.dtype());
  }

  /** {@code f(x, y)}, both of one type. */
  public static Tensor of(Tensor x, Tensor y, BinaryOperator<Tensor> f) {
    Given.given("RoundOnce.of", "x", x);
    Given.given("RoundOnce.of", "y", y);
    Given.given("RoundOnce.of", "f", f);
    return of(List.of(x, y), in -> f.apply(in.get(0), in.get(1)));
  }

  /** {@code f} of operands of one type; where they differ {@code f} gets them and is to say so. */
  public static Tensor of(List<Tensor> operands, Function<List<Tensor>, Tensor> f) {
    Given.all("RoundOnce.of", "operands", operands);
    Given.given("RoundOnce.of", "f", f);
    DType dtype = operands.getFirst().dtype();
    boolean one = operands.stream().allMatch(t -> t.dtype() == dtype);
    return one
        ? f.apply(operands.stream().map(RoundOnce::wide).toList()).cast(dtype)
        : f.apply(operands);
  }

  /** What {@code f} makes in the type that it is given, rounded to {@code dtype}. */
  public static Tensor to(DType dtype, Function<DType, Tensor> f) {
    Given.given("RoundOnce.to", "f", f);
    return f.apply(wide(dtype)).cast(dtype);
  }

  /** {@code x}, in f32 if it has 16 bits: for functions with another type of result. */
  public static Tensor wide(Tensor x) {
    Given.given("RoundOnce.wide", "x", x);
    return x.cast(wide(x.dtype()));
  }

  /** The float type to compute in: f32 for those of 16 bits. All others are their own. */
  public static DType wide(DType dtype) {
    Given.given("RoundOnce.wide", "dtype", dtype);
    return dtype.isFloat() ? dtype.wide() : dtype;
  }
}
