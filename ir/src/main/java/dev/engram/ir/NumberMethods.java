package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Move;
import dev.engram.ir.tensor.Numbers;
import java.util.Collections;
import java.util.List;

/**
 * The ops of {@link Tensor} with a number as their second operand: a scalar of the tensor's own
 * element type.
 *
 * <p>For a float tensor the number is rounded to its type. For an integer or bool tensor it must be
 * one of the type's values; a fraction or a number out of range is a {@link TypeException}, never
 * truncated. A Java {@code int} or {@code long} does not go through {@code double}, so that every
 * i64 is exact.
 */
public sealed interface NumberMethods permits Tensor {

  /** This plus {@code b}. */
  default Tensor add(double b) {
    return self().add(Numbers.scalar("add", self(), b));
  }

  /** This plus {@code b}. */
  default Tensor add(long b) {
    return self().add(Numbers.scalar("add", self(), b));
  }

  /** This minus {@code b}. */
  default Tensor sub(double b) {
    return self().sub(Numbers.scalar("sub", self(), b));
  }

  /** This minus {@code b}. */
  default Tensor sub(long b) {
    return self().sub(Numbers.scalar("sub", self(), b));
  }

  /** This times {@code b}. */
  default Tensor mul(double b) {
    return self().mul(Numbers.scalar("mul", self(), b));
  }

  /** This times {@code b}. */
  default Tensor mul(long b) {
    return self().mul(Numbers.scalar("mul", self(), b));
  }

  /** This divided by {@code b}; of integers rounded toward zero, and -1 where {@code b} is 0. */
  default Tensor div(double b) {
    return self().div(Numbers.scalar("div", self(), b));
  }

  /** This divided by {@code b}; of integers rounded toward zero, and -1 where {@code b} is 0. */
  default Tensor div(long b) {
    return self().div(Numbers.scalar("div", self(), b));
  }

  /** Remainder with the sign of this operand. */
  default Tensor rem(double b) {
    return self().rem(Numbers.scalar("rem", self(), b));
  }

  /** Remainder with the sign of this operand. */
  default Tensor rem(long b) {
    return self().rem(Numbers.scalar("rem", self(), b));
  }

  /** Remainder with the sign of {@code b}, as Python's {@code %}. */
  default Tensor mod(double b) {
    return self().mod(Numbers.scalar("mod", self(), b));
  }

  /** Remainder with the sign of {@code b}, as Python's {@code %}. */
  default Tensor mod(long b) {
    return self().mod(Numbers.scalar("mod", self(), b));
  }

  /** Division rounded down: ⌊a/b⌋, also for integers. */
  default Tensor floorDiv(double b) {
    return self().floorDiv(Numbers.scalar("floorDiv", self(), b));
  }

  /** Division rounded down: ⌊a/b⌋, also for integers. */
  default Tensor floorDiv(long b) {
    return self().floorDiv(Numbers.scalar("floorDiv", self(), b));
  }

  /** This to the power of {@code b}; of floats alone. */
  default Tensor pow(double b) {
    return self().pow(Numbers.scalar("pow", self(), b));
  }

  /** This to the power of {@code b}; of floats alone. */
  default Tensor pow(long b) {
    return self().pow(Numbers.scalar("pow", self(), b));
  }

  /** True where the two are equal. */
  default Tensor eq(double b) {
    return self().eq(Numbers.scalar("eq", self(), b));
  }

  /** True where the two are equal. */
  default Tensor eq(long b) {
    return self().eq(Numbers.scalar("eq", self(), b));
  }

  /** True where the two differ, or one is NaN. */
  default Tensor ne(double b) {
    return self().ne(Numbers.scalar("ne", self(), b));
  }

  /** True where the two differ, or one is NaN. */
  default Tensor ne(long b) {
    return self().ne(Numbers.scalar("ne", self(), b));
  }

  /** True where this is less than {@code b}. */
  default Tensor lt(double b) {
    return self().lt(Numbers.scalar("lt", self(), b));
  }

  /** True where this is less than {@code b}. */
  default Tensor lt(long b) {
    return self().lt(Numbers.scalar("lt", self(), b));
  }

  /** True where this is at most {@code b}. */
  default Tensor le(double b) {
    return self().le(Numbers.scalar("le", self(), b));
  }

  /** True where this is at most {@code b}. */
  default Tensor le(long b) {
    return self().le(Numbers.scalar("le", self(), b));
  }

  /** True where this is greater than {@code b}. */
  default Tensor gt(double b) {
    return self().gt(Numbers.scalar("gt", self(), b));
  }

  /** True where this is greater than {@code b}. */
  default Tensor gt(long b) {
    return self().gt(Numbers.scalar("gt", self(), b));
  }

  /** True where this is at least {@code b}. */
  default Tensor ge(double b) {
    return self().ge(Numbers.scalar("ge", self(), b));
  }

  /** True where this is at least {@code b}. */
  default Tensor ge(long b) {
    return self().ge(Numbers.scalar("ge", self(), b));
  }

  /**
   * At least {@code low}: the greater of each element and a number. {@code max} of a number would
   * be the fold along that axis.
   */
  default Tensor clipMin(double low) {
    return self().max(Numbers.scalar("clipMin", self(), low));
  }

  /**
   * At least {@code low}: the greater of each element and a number. {@code max} of a number would
   * be the fold along that axis.
   */
  default Tensor clipMin(long low) {
    return self().max(Numbers.scalar("clipMin", self(), low));
  }

  /**
   * At most {@code high}: the lesser of each element and a number. {@code min} of a number would be
   * the fold along that axis.
   */
  default Tensor clipMax(double high) {
    return self().min(Numbers.scalar("clipMax", self(), high));
  }

  /**
   * At most {@code high}: the lesser of each element and a number. {@code min} of a number would be
   * the fold along that axis.
   */
  default Tensor clipMax(long high) {
    return self().min(Numbers.scalar("clipMax", self(), high));
  }

  /** Limited to {@code low..high}; where they cross, {@code high}. */
  default Tensor clip(double low, double high) {
    return clipMin(low).clipMax(high);
  }

  /** Limited to {@code low..high}; where they cross, {@code high}. */
  default Tensor clip(long low, long high) {
    return clipMin(low).clipMax(high);
  }

  /** Each integer by so many bits; those beyond the type's are lost. */
  default Tensor shiftLeft(int distance) {
    return self().shiftLeft(Numbers.scalar("shiftLeft", self(), distance));
  }

  /** Each integer by so many bits, keeping its sign. */
  default Tensor shiftRight(int distance) {
    return self().shiftRight(Numbers.scalar("shiftRight", self(), distance));
  }

  /** Surrounded with {@code value}. */
  default Tensor pad(List<Integer> low, List<Integer> high, double value) {
    Given.all("pad", "low", low);
    Given.all("pad", "high", high);
    Tensor fill = Numbers.scalar("pad", self(), value);
    List<Integer> between = Collections.nCopies(self().rank(), 0);
    return Tracer.apply(new Move.Pad(low, high, between), List.of(self(), fill)).getFirst();
  }

  /** Surrounded with {@code value}. */
  default Tensor pad(List<Integer> low, List<Integer> high, long value) {
    Given.all("pad", "low", low);
    Given.all("pad", "high", high);
    Tensor fill = Numbers.scalar("pad", self(), value);
    List<Integer> between = Collections.nCopies(self().rank(), 0);
    return Tracer.apply(new Move.Pad(low, high, between), List.of(self(), fill)).getFirst();
  }

  private Tensor self() {
    return (Tensor) this;
  }
}
