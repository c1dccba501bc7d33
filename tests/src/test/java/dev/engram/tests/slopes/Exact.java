package dev.engram.tests.slopes;

import static dev.engram.tests.slopes.Digits.HALF;
import static dev.engram.tests.slopes.Digits.LN10;
import static dev.engram.tests.slopes.Digits.LN2;
import static dev.engram.tests.slopes.Digits.ONE;
import static dev.engram.tests.slopes.Digits.ROOT_PI;
import static dev.engram.tests.slopes.Digits.TWO;
import static dev.engram.tests.slopes.Digits.ZERO;
import static dev.engram.tests.slopes.Digits.cos;
import static dev.engram.tests.slopes.Digits.cosh;
import static dev.engram.tests.slopes.Digits.cube;
import static dev.engram.tests.slopes.Digits.exp;
import static dev.engram.tests.slopes.Digits.inverse;
import static dev.engram.tests.slopes.Digits.log;
import static dev.engram.tests.slopes.Digits.polygamma;
import static dev.engram.tests.slopes.Digits.power;
import static dev.engram.tests.slopes.Digits.sigmoid;
import static dev.engram.tests.slopes.Digits.sin;
import static dev.engram.tests.slopes.Digits.square;
import static dev.engram.tests.slopes.Digits.tanh;
import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.commons.math3.dfp.Dfp;
import org.apache.commons.math3.special.Erf;

/**
 * First and second derivatives of each row, from tables of derivatives.
 *
 * @param inside where the row is a smooth function of its operands
 * @param first ∂y/∂x_i
 * @param second ∂²y/∂x_i∂x_j for i <= j, row by row
 */
record Exact(Inside inside, List<Slope> first, List<Slope> second) {

  /** A derivative at a point. */
  @FunctionalInterface
  interface Slope {
    Dfp at(double[] x);
  }

  @FunctionalInterface
  interface Inside {
    boolean test(double[] x);
  }

  private static final Inside ALL = x -> true;
  private static final Slope NOTHING = x -> ZERO;
  private static final Slope UNIT = x -> ONE;

  private static Slope of(UnaryOperator<Dfp> f) {
    return x -> f.apply(Digits.of(x[0]));
  }

  private static Exact one(Inside inside, UnaryOperator<Dfp> first, UnaryOperator<Dfp> second) {
    return new Exact(inside, List.of(of(first)), List.of(of(second)));
  }

  /** Of an angle. */
  private static Exact turning(UnaryOperator<Dfp> first, UnaryOperator<Dfp> second) {
    return new Exact(
        ALL,
        List.of(x -> first.apply(Digits.turned(x[0]))),
        List.of(x -> second.apply(Digits.turned(x[0]))));
  }

  private interface Two {
    Dfp at(Dfp a, Dfp b);
  }

  private static Slope of(Two f) {
    return x -> f.at(Digits.of(x[0]), Digits.of(x[1]));
  }

  private static Exact two(Inside inside, Two da, Two db, Two daa, Two dab, Two dbb) {
    return new Exact(inside, List.of(of(da), of(db)), List.of(of(daa), of(dab), of(dbb)));
  }

  private static Exact linear(Slope... slopes) {
    int n = slopes.length;
    return new Exact(ALL, List.of(slopes), java.util.Collections.nCopies(n * (n + 1) / 2, NOTHING));
  }

  private static Slope number(double v) {
    return x -> Digits.of(v);
  }

  // 1 of the greater, ½ at a tie
  private static Slope extreme(int i, int sign) {
    return x -> {
      double own = sign * x[i];
      double other = sign * x[1 - i];
      return own > other ? ONE : own < other ? ZERO : HALF;
    };
  }

  private static Dfp squares(Dfp a, Dfp b) {
    return square(a).add(square(b));
  }

  private static Dfp oneMinusSquare(Dfp x) {
    return ONE.subtract(square(x));
  }

  private static Dfp onePlusSquare(Dfp x) {
    return ONE.add(square(x));
  }

  // x^(3/2)
  private static Dfp sesqui(Dfp x) {
    return x.multiply(x.sqrt());
  }

  // e^(-x²) 2/√π
  private static Dfp bell(Dfp x) {
    return exp(square(x).negate()).multiply(2).divide(ROOT_PI);
  }

  // 1 - tanh² = 1/cosh²
  private static Dfp sech2(Dfp x) {
    return inverse(square(cosh(x)));
  }

  // σ(x) σ(-x)
  private static Dfp bump(Dfp x) {
    return sigmoid(x).multiply(sigmoid(x.negate()));
  }

  // tanh(x/2) = σ(x) - σ(-x)
  private static Dfp bumpSlope(Dfp x) {
    return bump(x).multiply(tanh(x.divide(2))).negate();
  }

  private static Dfp root(Dfp x, int n) {
    Dfp y = power(x.abs(), inverse(Digits.of(n)));
    return x.lessThan(ZERO) ? y.negate() : y;
  }

  private static Dfp inverseErf(double x) {
    return Digits.inverseErf(Digits.of(x), Erf.erfInv(x));
  }

  private static final Inside POSITIVE = x -> x[0] > 0;
  private static final Inside NOT_ZERO = x -> x[0] != 0;
  private static final Inside OPEN = x -> Math.abs(x[0]) < 1;
  private static final Inside DIVISIBLE = x -> x[1] != 0;
  private static final Inside NOT_ORIGIN = x -> x[0] != 0 || x[1] != 0;

  private static final Map<String, Exact> ROWS =
      Map.ofEntries(
          entry("add", linear(UNIT, UNIT)),
          entry("sub", linear(UNIT, number(-1))),
          entry("mul", two(ALL, (a, b) -> b, (a, b) -> a, zero(), (a, b) -> ONE, zero())),
          entry(
              "div",
              two(
                  DIVISIBLE,
                  (a, b) -> inverse(b),
                  (a, b) -> a.divide(square(b)).negate(),
                  zero(),
                  (a, b) -> inverse(square(b)).negate(),
                  (a, b) -> a.multiply(2).divide(cube(b)))),
          entry(
              "rem",
              new Exact(
                  DIVISIBLE,
                  List.of(UNIT, of((a, b) -> truncated(a.divide(b)).negate())),
                  List.of(NOTHING, NOTHING, NOTHING))),
          entry("max", linear(extreme(0, 1), extreme(1, 1))),
          entry("min", linear(extreme(0, -1), extreme(1, -1))),
          entry(
              "pow",
              two(
                  POSITIVE,
                  (a, b) -> b.multiply(power(a, b.subtract(ONE))),
                  (a, b) -> power(a, b).multiply(log(a)),
                  (a, b) -> b.multiply(b.subtract(ONE)).multiply(power(a, b.subtract(TWO))),
                  (a, b) -> power(a, b.subtract(ONE)).multiply(ONE.add(b.multiply(log(a)))),
                  (a, b) -> power(a, b).multiply(square(log(a))))),
          entry(
              "atan2",
              two(
                  NOT_ORIGIN,
                  (a, b) -> b.divide(squares(a, b)),
                  (a, b) -> a.divide(squares(a, b)).negate(),
                  (a, b) -> a.multiply(b).multiply(-2).divide(square(squares(a, b))),
                  (a, b) -> square(a).subtract(square(b)).divide(square(squares(a, b))),
                  (a, b) -> a.multiply(b).multiply(2).divide(square(squares(a, b))))),
          entry("neg", linear(number(-1))),
          entry("abs", linear(x -> Digits.of(Math.signum(x[0])))),
          entry("exp", one(ALL, Digits::exp, Digits::exp)),
          entry("expm1", one(ALL, Digits::exp, Digits::exp)),
          entry("log", one(POSITIVE, Digits::inverse, x -> inverse(square(x)).negate())),
          entry(
              "log1p",
              one(
                  x -> x[0] > -1,
                  x -> inverse(ONE.add(x)),
                  x -> inverse(square(ONE.add(x))).negate())),
          entry(
              "exp2",
              one(
                  ALL,
                  x -> exp(x.multiply(LN2)).multiply(LN2),
                  x -> exp(x.multiply(LN2)).multiply(square(LN2)))),
          entry("log2", logarithm(LN2)),
          entry("log10", logarithm(LN10)),
          entry(
              "sqrt",
              one(
                  POSITIVE,
                  x -> HALF.divide(x.sqrt()),
                  x -> inverse(sesqui(x)).divide(4).negate())),
          entry(
              "rsqrt",
              one(
                  POSITIVE,
                  x -> HALF.divide(sesqui(x)).negate(),
                  x -> Digits.of(0.75).divide(sesqui(x).multiply(x)))),
          entry(
              "cbrt",
              one(
                  NOT_ZERO,
                  x -> inverse(square(root(x, 3)).multiply(3)),
                  x -> TWO.divide(square(root(x, 3)).multiply(x).multiply(9)).negate())),
          entry(
              "hypot",
              two(
                  NOT_ORIGIN,
                  (a, b) -> a.divide(squares(a, b).sqrt()),
                  (a, b) -> b.divide(squares(a, b).sqrt()),
                  (a, b) -> square(b).divide(sesqui(squares(a, b))),
                  (a, b) -> a.multiply(b).divide(sesqui(squares(a, b))).negate(),
                  (a, b) -> square(a).divide(sesqui(squares(a, b))))),
          entry("sin", turning(Digits::cos, x -> sin(x).negate())),
          entry("cos", turning(x -> sin(x).negate(), x -> cos(x).negate())),
          entry(
              "tan",
              turning(x -> inverse(square(cos(x))), x -> sin(x).multiply(2).divide(cube(cos(x))))),
          entry("tanh", one(ALL, Exact::sech2, x -> sech2(x).multiply(tanh(x)).multiply(-2))),
          entry(
              "asin",
              one(
                  OPEN,
                  x -> inverse(oneMinusSquare(x).sqrt()),
                  x -> x.divide(sesqui(oneMinusSquare(x))))),
          entry(
              "acos",
              one(
                  OPEN,
                  x -> inverse(oneMinusSquare(x).sqrt()).negate(),
                  x -> x.divide(sesqui(oneMinusSquare(x))).negate())),
          entry(
              "atan",
              one(
                  ALL,
                  x -> inverse(onePlusSquare(x)),
                  x -> x.multiply(-2).divide(square(onePlusSquare(x))))),
          entry("sinh", one(ALL, Digits::cosh, Digits::sinh)),
          entry("cosh", one(ALL, Digits::sinh, Digits::cosh)),
          entry(
              "asinh",
              one(
                  ALL,
                  x -> inverse(onePlusSquare(x).sqrt()),
                  x -> x.divide(sesqui(onePlusSquare(x))).negate())),
          entry(
              "acosh",
              one(
                  x -> x[0] > 1,
                  x -> inverse(oneMinusSquare(x).negate().sqrt()),
                  x -> x.divide(sesqui(oneMinusSquare(x).negate())).negate())),
          entry(
              "atanh",
              one(
                  OPEN,
                  x -> inverse(oneMinusSquare(x)),
                  x -> x.multiply(2).divide(square(oneMinusSquare(x))))),
          entry("sigmoid", one(ALL, Exact::bump, Exact::bumpSlope)),
          entry("softplus", one(ALL, Digits::sigmoid, Exact::bump)),
          entry("erf", one(ALL, Exact::bell, x -> bell(x).multiply(x).multiply(-2))),
          entry("erfc", one(ALL, x -> bell(x).negate(), x -> bell(x).multiply(x).multiply(2))),
          entry(
              "erfInv",
              new Exact(
                  OPEN,
                  List.of(x -> inverse(bell(inverseErf(x[0])))),
                  List.of(
                      x -> {
                        Dfp y = inverseErf(x[0]);
                        return y.multiply(2).divide(square(bell(y)));
                      }))),
          entry("lgamma", gamma(0)),
          entry("digamma", gamma(1)),
          entry(
              "polygamma",
              new Exact(
                  x -> x[0] >= 0 && x[0] <= 20 && inside(x[1]),
                  List.of(NOTHING, x -> polygamma(order(x) + 1, Digits.of(x[1]))),
                  List.of(NOTHING, NOTHING, x -> polygamma(order(x) + 2, Digits.of(x[1]))))),
          entry("untraced", linear(UNIT)));

  private static int order(double[] x) {
    return (int) Math.rint(x[0]);
  }

  private static Exact gamma(int n) {
    return one(x -> inside(x[0]), x -> polygamma(n, x), x -> polygamma(n + 1, x));
  }

  // The recurrence goes up in steps of 1, from no pole.
  private static boolean inside(double x) {
    return x > -100 && (x > 0 || x != Math.rint(x));
  }

  private static Two zero() {
    return (a, b) -> ZERO;
  }

  private static Exact logarithm(Dfp base) {
    return one(
        POSITIVE, x -> inverse(x.multiply(base)), x -> inverse(square(x).multiply(base)).negate());
  }

  private static Dfp truncated(Dfp x) {
    Dfp near = x.rint(); // a quotient of integers, rounded to some digits
    boolean whole = x.subtract(near).abs().lessThan(near.abs().multiply(Digits.of(1e-36)));
    return whole ? near : x.lessThan(ZERO) ? x.ceil() : x.floor();
  }

  static Optional<Exact> of(String row) {
    return Optional.ofNullable(ROWS.get(row));
  }
}
