package dev.engram.tests.slopes;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.special.Erf;
import org.apache.commons.math3.special.Gamma;

/**
 * First derivatives of each row in f64, from tables of derivatives. f64 has some 40 bits more than
 * the 16-bit types, so for them these are exact, and fast enough to compute for all numbers.
 *
 * @param first ∂y/∂x_i; NaN where the row is not a smooth function of its operands
 */
record Closed(List<Slope> first) {

  /** A derivative at a point. */
  @FunctionalInterface
  interface Slope {
    double at(double[] x);
  }

  private static final double LN2 = Math.log(2);
  private static final double LN10 = Math.log(10);
  private static final double TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

  private static Closed one(DoubleUnaryOperator d) {
    return new Closed(List.of(x -> d.applyAsDouble(x[0])));
  }

  private static Closed two(DoubleBinaryOperator da, DoubleBinaryOperator db) {
    return new Closed(
        List.of(x -> da.applyAsDouble(x[0], x[1]), x -> db.applyAsDouble(x[0], x[1])));
  }

  private static double in(boolean inside, double d) {
    return inside ? d : Double.NaN;
  }

  private static Closed positive(DoubleUnaryOperator d) {
    return one(x -> in(x > 0, d.applyAsDouble(x)));
  }

  private static Closed open(DoubleUnaryOperator d) {
    return one(x -> in(Math.abs(x) < 1, d.applyAsDouble(x)));
  }

  // The recurrence goes up in steps of 1, from no pole.
  private static Closed gamma(DoubleUnaryOperator d) {
    return one(x -> x > -100 && (x > 0 || x != Math.rint(x)) ? d.applyAsDouble(x) : Double.NaN);
  }

  // 1 of the greater, ½ at a tie
  private static double greater(double a, double b) {
    return a > b ? 1 : a < b ? 0 : 0.5;
  }

  // σ(x) σ(-x)
  private static double bump(double x) {
    double e = Math.exp(-Math.abs(x));
    return e / ((1 + e) * (1 + e));
  }

  private static double bell(double x) {
    return TWO_OVER_ROOT_PI * Math.exp(-x * x);
  }

  private static double oneMinusSquare(double x) {
    return (1 - x) * (1 + x);
  }

  private static double square(double x) {
    return x * x;
  }

  private static double over(double part, double a, double b) {
    return part / (a * a + b * b); // 16-bit numbers have squares in f64
  }

  private static final Map<String, Closed> ROWS =
      Map.ofEntries(
          entry("add", two((a, b) -> 1, (a, b) -> 1)),
          entry("sub", two((a, b) -> 1, (a, b) -> -1)),
          entry("mul", two((a, b) -> b, (a, b) -> a)),
          entry("div", two((a, b) -> in(b != 0, 1 / b), (a, b) -> in(b != 0, -a / b / b))),
          entry("rem", two((a, b) -> in(b != 0, 1), (a, b) -> in(b != 0, -whole(a, b)))),
          entry("max", two((a, b) -> greater(a, b), (a, b) -> greater(b, a))),
          entry("min", two((a, b) -> greater(b, a), (a, b) -> greater(a, b))),
          entry(
              "pow",
              two(
                  (a, b) -> in(a > 0, b * Math.pow(a, b - 1)),
                  (a, b) -> in(a > 0, Math.pow(a, b) * Math.log(a)))),
          entry("atan2", two((a, b) -> over(b, a, b), (a, b) -> -over(a, a, b))),
          entry("hypot", two((a, b) -> a / Math.hypot(a, b), (a, b) -> b / Math.hypot(a, b))),
          entry("neg", one(_ -> -1)),
          entry("abs", one(Math::signum)),
          entry("exp", one(Math::exp)),
          entry("expm1", one(Math::exp)),
          entry("log", positive(x -> 1 / x)),
          entry("log1p", one(x -> in(x > -1, 1 / (1 + x)))),
          entry("exp2", one(x -> LN2 * Math.pow(2, x))),
          entry("log2", positive(x -> 1 / (x * LN2))),
          entry("log10", positive(x -> 1 / (x * LN10))),
          entry("sqrt", positive(x -> 0.5 / Math.sqrt(x))),
          entry("rsqrt", positive(x -> -0.5 / x / Math.sqrt(x))),
          entry("cbrt", one(x -> in(x != 0, 1 / (3 * square(Math.cbrt(x)))))),
          entry("sin", one(Math::cos)),
          entry("cos", one(x -> -Math.sin(x))),
          entry("tan", one(x -> 1 / square(Math.cos(x)))),
          entry("tanh", one(x -> 4 * bump(2 * x))),
          entry("asin", open(x -> 1 / Math.sqrt(oneMinusSquare(x)))),
          entry("acos", open(x -> -1 / Math.sqrt(oneMinusSquare(x)))),
          entry("atan", one(x -> 1 / (1 + x * x))),
          entry("sinh", one(Math::cosh)),
          entry("cosh", one(Math::sinh)),
          entry("asinh", one(x -> 1 / Math.sqrt(1 + x * x))),
          entry("acosh", one(x -> in(x > 1, 1 / Math.sqrt(x - 1) / Math.sqrt(x + 1)))),
          entry("atanh", open(x -> 1 / oneMinusSquare(x))),
          entry("sigmoid", one(Closed::bump)),
          entry("softplus", one(x -> 1 / (1 + Math.exp(-x)))),
          entry("erf", one(Closed::bell)),
          entry("erfc", one(x -> -bell(x))),
          entry("erfInv", open(x -> 1 / bell(Erf.erfInv(x)))),
          entry("lgamma", gamma(Gamma::digamma)),
          entry("digamma", gamma(Gamma::trigamma)),
          entry("untraced", one(_ -> 1)));

  // The quotient, toward zero; exact, as a % b is.
  private static double whole(double a, double b) {
    return Math.rint((a - a % b) / b);
  }

  /** Returns the derivatives of a row other than {@code polygamma}, whose order is an integer. */
  static Closed of(String row) {
    return ROWS.get(row);
  }
}
