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

  default Tensor add(Tensor b) {
    return Broadcasting.binary(Rows.ADD, self(), b);
  }

  default Tensor sub(Tensor b) {
    return Broadcasting.binary(Rows.SUB, self(), b);
  }

  default Tensor mul(Tensor b) {
    return Broadcasting.binary(Rows.MUL, self(), b);
  }

  default Tensor div(Tensor b) {
    return Broadcasting.binary(Rows.DIV, self(), b);
  }

  /** Remainder with the sign of this operand. */
  default Tensor rem(Tensor b) {
    return Broadcasting.binary(Rows.REM, self(), b);
  }

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

  default Tensor neg() {
    return unary(Rows.NEG);
  }

  default Tensor abs() {
    return unary(Rows.ABS);
  }

  default Tensor sign() {
    return unary(Rows.SIGN);
  }

  default Tensor square() {
    return mul(self());
  }

  default Tensor reciprocal() {
    return self().like(1).div(self());
  }

  default Tensor floor() {
    return unary(Rows.FLOOR);
  }

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

  default Tensor exp() {
    return unary(Rows.EXP);
  }

  default Tensor expm1() {
    return unary(Rows.EXPM1);
  }

  default Tensor log() {
    return unary(Rows.LOG);
  }

  default Tensor log1p() {
    return unary(Rows.LOG1P);
  }

  /** 2^this. */
  default Tensor exp2() {
    return unary(Rows.EXP2);
  }

  default Tensor log2() {
    return unary(Rows.LOG2);
  }

  default Tensor log10() {
    return unary(Rows.LOG10);
  }

  default Tensor sqrt() {
    return unary(Rows.SQRT);
  }

  default Tensor rsqrt() {
    return unary(Rows.RSQRT);
  }

  /** The cube root. */
  default Tensor cbrt() {
    return unary(Rows.CBRT);
  }

  default Tensor sin() {
    return unary(Rows.SIN);
  }

  default Tensor cos() {
    return unary(Rows.COS);
  }

  default Tensor tan() {
    return unary(Rows.TAN);
  }

  default Tensor tanh() {
    return unary(Rows.TANH);
  }

  default Tensor asin() {
    return unary(Rows.ASIN);
  }

  default Tensor acos() {
    return unary(Rows.ACOS);
  }

  default Tensor atan() {
    return unary(Rows.ATAN);
  }

  default Tensor sinh() {
    return unary(Rows.SINH);
  }

  default Tensor cosh() {
    return unary(Rows.COSH);
  }

  default Tensor asinh() {
    return unary(Rows.ASINH);
  }

  default Tensor acosh() {
    return unary(Rows.ACOSH);
  }

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

  default Tensor eq(Tensor b) {
    return Broadcasting.binary(Rows.EQ, self(), b);
  }

  default Tensor ne(Tensor b) {
    return Broadcasting.binary(Rows.NE, self(), b);
  }

  default Tensor lt(Tensor b) {
    return Broadcasting.binary(Rows.LT, self(), b);
  }

  default Tensor le(Tensor b) {
    return Broadcasting.binary(Rows.LE, self(), b);
  }

  default Tensor gt(Tensor b) {
    return Broadcasting.binary(Rows.GT, self(), b);
  }

  default Tensor ge(Tensor b) {
    return Broadcasting.binary(Rows.GE, self(), b);
  }

  default Tensor and(Tensor b) {
    return Broadcasting.binary(Rows.AND, self(), b);
  }

  default Tensor or(Tensor b) {
    return Broadcasting.binary(Rows.OR, self(), b);
  }

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

  default Tensor isNan() {
    return ne(self());
  }

  /** True for ±∞. */
  default Tensor isInf() {
    return abs().eq(Double.POSITIVE_INFINITY);
  }

  default Tensor isFinite() {
    return unary(Rows.IS_FINITE);
  }

  /** Where this bool tensor is true {@code a}, else {@code b}. */
  default Tensor select(Tensor a, Tensor b) {
    TypeRules.given("select", 1, a);
    TypeRules.given("select", 2, b);
    return Broadcasting.elementwise(Rows.SELECT, List.of(self(), a, b));
  }

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
