package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.tensor.Broadcasting;
import dev.engram.ir.tensor.Numbers;
import dev.engram.ir.tensor.RoundOnce;
import java.util.List;

/** The elementwise ops of {@link Tensor}; binary ones broadcast, and never promote types. */
public sealed interface ElementwiseMethods permits Tensor {

  // Elementwise arithmetic.

  /** This plus {@code b}. */
  default Tensor add(Tensor b) {
    return Broadcasting.binary(Rows.ADD, self(), b);
  }

  /** This minus {@code b}. */
  default Tensor sub(Tensor b) {
    return Broadcasting.binary(Rows.SUB, self(), b);
  }

  /** This times {@code b}. */
  default Tensor mul(Tensor b) {
    return Broadcasting.binary(Rows.MUL, self(), b);
  }

  /** This divided by {@code b}; of integers rounded toward zero, and -1 where {@code b} is 0. */
  default Tensor div(Tensor b) {
    return Broadcasting.binary(Rows.DIV, self(), b);
  }

  /** Remainder with the sign of this operand. */
  default Tensor rem(Tensor b) {
    return Broadcasting.binary(Rows.REM, self(), b);
  }

  /** This to the power of {@code b}; of floats alone. */
  default Tensor pow(Tensor b) {
    return Broadcasting.binary(Rows.POW, self(), b);
  }

  /** Elementwise maximum; with a number it is {@link NumberMethods#clipMin(double)}. */
  default Tensor max(Tensor b) {
    return Broadcasting.binary(Rows.MAX, self(), b);
  }

  /** Elementwise minimum; with a number it is {@link NumberMethods#clipMax(double)}. */
  default Tensor min(Tensor b) {
    return Broadcasting.binary(Rows.MIN, self(), b);
  }

  /** Division rounded down: ⌊a/b⌋, also for integers; of floats by 0 it is ±∞, or NaN for 0/0. */
  default Tensor floorDiv(Tensor b) {
    return RoundOnce.of(self(), b, ElementwiseMethods::quotient);
  }

  private static Tensor quotient(Tensor a, Tensor b) {
    Tensor down = Broadcasting.negativeQuotient(a, b).cast(a.dtype());
    if (!a.dtype().isFloat()) {
      return a.div(b).sub(down);
    }
    // There is no remainder of a division by 0, but there is a quotient.
    return b.eq(0).select(a.div(b).stopGradient(), a.sub(a.rem(b)).div(b).round().sub(down));
  }

  /** Remainder with the sign of {@code b}, as Python's {@code %}. */
  default Tensor mod(Tensor b) {
    Tensor down = Broadcasting.negativeQuotient(self(), b);
    Tensor r = rem(b);
    return down.select(r.add(b), r);
  }

  /** Limited to {@code low..high}; where they cross, {@code high}. */
  default Tensor clip(Tensor low, Tensor high) {
    return max(low).min(high);
  }

  /** The absolute value of this with the sign of {@code b}; a zero's sign counts as plus. */
  default Tensor copySign(Tensor b) {
    Given.given("copySign", "b", b);
    Tensor a = abs();
    return b.lt(0).select(a.neg(), a);
  }

  /** √(this² + b²), without overflow on the way. */
  default Tensor hypot(Tensor b) {
    return Broadcasting.binary(Rows.HYPOT, self(), b);
  }

  /** log(e^this + e^b), without overflow; its derivative is 0 where both are the same infinity. */
  default Tensor logAddExp(Tensor b) {
    return RoundOnce.of(self(), b, ElementwiseMethods::logOfSum);
  }

  private static Tensor logOfSum(Tensor a, Tensor b) {
    // max + log1p(e^-|gap|) by one choice for both: at a tie either side is right, and smooth
    Tensor above = a.lt(b);
    Tensor top = above.select(b, a);
    Tensor gap = above.select(a.sub(b), b.sub(a));
    Tensor infinite = a.eq(b).and(a.isFinite().not());
    return infinite.select(a.stopGradient(), top.add(gap.exp().log1p()));
  }

  /** The angle of the point (x = {@code x}, y = this). */
  default Tensor atan2(Tensor x) {
    return Broadcasting.binary(Rows.ATAN2, self(), x);
  }

  /** -this. */
  default Tensor neg() {
    return unary(Rows.NEG);
  }

  /** The absolute value; at 0 its derivative is 0. */
  default Tensor abs() {
    return unary(Rows.ABS);
  }

  /** -1, 0 or 1, of this element type; NaN of NaN. Its derivative is 0. */
  default Tensor sign() {
    return unary(Rows.SIGN);
  }

  /** this². */
  default Tensor square() {
    return mul(self());
  }

  /** 1 / this. */
  default Tensor reciprocal() {
    return self().like(1).div(self());
  }

  /** Rounds down to an integer; the element type stays. */
  default Tensor floor() {
    return unary(Rows.FLOOR);
  }

  /** Rounds up to an integer; the element type stays. */
  default Tensor ceil() {
    return unary(Rows.CEIL);
  }

  /** To the nearest integer, ties to even. */
  default Tensor round() {
    return unary(Rows.ROUND);
  }

  /** Rounds toward zero. */
  default Tensor truncate() {
    return unary(Rows.TRUNCATE);
  }

  // Elementwise functions.

  /** e^this. */
  default Tensor exp() {
    return unary(Rows.EXP);
  }

  /** e^this - 1, accurate also near 0. */
  default Tensor expm1() {
    return unary(Rows.EXPM1);
  }

  /** The natural logarithm; -∞ at 0, NaN below. */
  default Tensor log() {
    return unary(Rows.LOG);
  }

  /** ln(1 + this), accurate also near 0. */
  default Tensor log1p() {
    return unary(Rows.LOG1P);
  }

  /** 2^this. */
  default Tensor exp2() {
    return unary(Rows.EXP2);
  }

  /** The logarithm to base 2, exact for powers of two. */
  default Tensor log2() {
    return unary(Rows.LOG2);
  }

  /** The logarithm to base 10. */
  default Tensor log10() {
    return unary(Rows.LOG10);
  }

  /** The square root; NaN below 0. */
  default Tensor sqrt() {
    return unary(Rows.SQRT);
  }

  /** 1 / √this. */
  default Tensor rsqrt() {
    return unary(Rows.RSQRT);
  }

  /** The cube root. */
  default Tensor cbrt() {
    return unary(Rows.CBRT);
  }

  /** The sine of an angle in radians. */
  default Tensor sin() {
    return unary(Rows.SIN);
  }

  /** The cosine of an angle in radians. */
  default Tensor cos() {
    return unary(Rows.COS);
  }

  /** The tangent of an angle in radians. */
  default Tensor tan() {
    return unary(Rows.TAN);
  }

  /** The hyperbolic tangent. */
  default Tensor tanh() {
    return unary(Rows.TANH);
  }

  /** The angle in radians, -π/2 to π/2, whose sine this is; NaN beyond ±1. */
  default Tensor asin() {
    return unary(Rows.ASIN);
  }

  /** The angle in radians, 0 to π, whose cosine this is; NaN beyond ±1. */
  default Tensor acos() {
    return unary(Rows.ACOS);
  }

  /** The angle in radians, -π/2 to π/2, whose tangent this is. */
  default Tensor atan() {
    return unary(Rows.ATAN);
  }

  /** The hyperbolic sine. */
  default Tensor sinh() {
    return unary(Rows.SINH);
  }

  /** The hyperbolic cosine. */
  default Tensor cosh() {
    return unary(Rows.COSH);
  }

  /** The inverse of {@link #sinh}. */
  default Tensor asinh() {
    return unary(Rows.ASINH);
  }

  /** The inverse of {@link #cosh}; NaN below 1. */
  default Tensor acosh() {
    return unary(Rows.ACOSH);
  }

  /** The inverse of {@link #tanh}: ±∞ at ±1, NaN beyond. */
  default Tensor atanh() {
    return unary(Rows.ATANH);
  }

  /** The error function 2/√π ∫₀ˣ e^(-t²) dt. */
  default Tensor erf() {
    return unary(Rows.ERF);
  }

  /** 1 - erf x, also where that is tiny. */
  default Tensor erfc() {
    return unary(Rows.ERFC);
  }

  /** The inverse of {@link #erf}: ±∞ at ±1, NaN beyond. */
  default Tensor erfInv() {
    return unary(Rows.ERF_INV);
  }

  /** ln |Γ(x)|; ∞ at 0 and the negative integers. */
  default Tensor lgamma() {
    return unary(Rows.LGAMMA);
  }

  /** ψ(x) = d ln Γ(x) / dx; NaN at 0 and the negative integers. */
  default Tensor digamma() {
    return unary(Rows.DIGAMMA);
  }

  /**
   * The derivative of {@link #digamma} at {@code x}, of the order that this tensor gives, rounded
   * to an integer; NaN for negative orders. The order has derivative 0.
   */
  default Tensor polygamma(Tensor x) {
    return Broadcasting.binary(Rows.POLYGAMMA, self(), x);
  }

  /** The logistic function 1 / (1 + e^-x). */
  default Tensor sigmoid() {
    return unary(Rows.SIGMOID);
  }

  /** log(1 + e^x). */
  default Tensor softplus() {
    return unary(Rows.SOFTPLUS);
  }

  /** max(x, 0). */
  default Tensor relu() {
    return max(self().like(0));
  }

  // Comparison and logic.

  /** True where the two are equal. */
  default Tensor eq(Tensor b) {
    return Broadcasting.binary(Rows.EQ, self(), b);
  }

  /** True where the two differ, or one is NaN. */
  default Tensor ne(Tensor b) {
    return Broadcasting.binary(Rows.NE, self(), b);
  }

  /** True where this is less than {@code b}. */
  default Tensor lt(Tensor b) {
    return Broadcasting.binary(Rows.LT, self(), b);
  }

  /** True where this is at most {@code b}. */
  default Tensor le(Tensor b) {
    return Broadcasting.binary(Rows.LE, self(), b);
  }

  /** True where this is greater than {@code b}. */
  default Tensor gt(Tensor b) {
    return Broadcasting.binary(Rows.GT, self(), b);
  }

  /** True where this is at least {@code b}. */
  default Tensor ge(Tensor b) {
    return Broadcasting.binary(Rows.GE, self(), b);
  }

  /** Of bools true where both are, of integers bit by bit. */
  default Tensor and(Tensor b) {
    return Broadcasting.binary(Rows.AND, self(), b);
  }

  /** Of bools true where one is, of integers bit by bit. */
  default Tensor or(Tensor b) {
    return Broadcasting.binary(Rows.OR, self(), b);
  }

  /** Of bools true where the two differ, of integers bit by bit. */
  default Tensor xor(Tensor b) {
    return Broadcasting.binary(Rows.XOR, self(), b);
  }

  /** Of bools the logical, of integers the bitwise complement. */
  default Tensor not() {
    DType dtype = self().dtype();
    return dtype.isInteger()
        ? xor(Numbers.scalar("not", self(), dtype.ofLong(-1)))
        : unary(Rows.NOT);
  }

  /** Each integer by so many bits; those beyond the type's are lost. */
  default Tensor shiftLeft(Tensor distance) {
    return Broadcasting.binary(Rows.SHIFT_LEFT, self(), distance);
  }

  /** Each integer by so many bits, keeping its sign. */
  default Tensor shiftRight(Tensor distance) {
    return Broadcasting.binary(Rows.SHIFT_RIGHT, self(), distance);
  }

  /** True for NaN. */
  default Tensor isNan() {
    return ne(self());
  }

  /** True for ±∞. */
  default Tensor isInf() {
    return abs().eq(Double.POSITIVE_INFINITY);
  }

  /** True for all but NaN and ±∞; of floats alone. */
  default Tensor isFinite() {
    return unary(Rows.IS_FINITE);
  }

  /** Where this bool tensor is true {@code a}, else {@code b}. */
  default Tensor select(Tensor a, Tensor b) {
    TypeRules.given("select", 1, a);
    TypeRules.given("select", 2, b);
    return Broadcasting.elementwise(Rows.SELECT, List.of(self(), a, b));
  }

  /**
   * The elements in another type: floats become integers toward zero, saturated, and NaN becomes 0;
   * what is not 0 becomes true, and true becomes 1.
   */
  default Tensor cast(DType to) {
    Given.given("cast: the element type", to);
    return to == self().dtype() ? self() : Broadcasting.apply(self(), new Cast(to));
  }

  /** The same value with derivative zero. */
  default Tensor stopGradient() {
    return unary(Rows.STOP_GRADIENT);
  }

  /** The same value, of which online learning builds no trace: for a use of a weight. */
  default Tensor untraced() {
    return unary(Rows.UNTRACED);
  }

  /**
   * The same integers, checked in the run.
   *
   * @param what names the value in the error
   */
  default Tensor checkRange(String what, long low, long high) {
    return Broadcasting.apply(self(), new Check.Range(what, low, high));
  }

  private Tensor self() {
    return (Tensor) this;
  }

  private Tensor unary(ElementwiseRow row) {
    return Broadcasting.apply(self(), new Elementwise(row));
  }
}
