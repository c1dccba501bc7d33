package dev.engram.tests.slopes;

import dev.engram.ir.DType;
import java.util.List;

/**
 * A region where a derivative is less accurate, and why.
 *
 * @param order 1 or 2
 * @param where in words
 * @param region the same in numbers
 */
record Listed(String row, int order, String where, Region region, String why) {

  /** Operands of an element type. */
  @FunctionalInterface
  interface Region {
    boolean holds(DType t, double[] x);
  }

  private static final String DIGITS = "a subnormal number on the way has fewer digits";

  private static final String GAMMA =
      "the values of digamma and polygamma are as close as FUNCTIONS.md says";

  static final List<Listed> ALL =
      List.of(
          new Listed("div", 1, "a/b is subnormal", Listed::smallQuotient, DIGITS),
          new Listed(
              "div",
              2,
              "a/b or a/b² is subnormal, or 1/b overflows",
              Listed::smallQuotient,
              DIGITS + ", and 1/b is a factor"),
          new Listed(
              "pow",
              1,
              "a < 1/8 or a > 8, b beyond 2²³ or subnormal, a^b or a^(b-1) out of range",
              (t, x) -> hardPower(t, x),
              "b - 1 is rounded, by ½ ulp · ln a of the result"),
          new Listed(
              "pow",
              2,
              "the same, and where 1 + b ln a is small",
              (t, x) -> hardPower(t, x) || Math.abs(1 + x[1] * Math.log(x[0])) < 0.5,
              "the mixed derivative has a zero there"),
          new Listed("exp2", 1, "2^x overflows", Listed::overflows, "so does its derivative"),
          new Listed("exp2", 2, "2^x overflows", Listed::overflows, "so does its derivative"),
          new Listed(
              "cbrt", 2, "everywhere", (_, _) -> true, "y⁻⁵ takes the rounding of y five times"),
          new Listed(
              "hypot", 1, "the length is subnormal", (t, x) -> length(x) < 4 * normal(t), DIGITS),
          new Listed(
              "hypot",
              2,
              "everywhere",
              (_, _) -> true,
              "it takes the roundings of an angle, its sine and the length; beyond sides of 2⁻³⁰ of"
                  + " each other (f64: 2⁻²⁵⁰) a product on the way is subnormal"),
          new Listed("atan2", 1, "an operand is subnormal", (t, x) -> subnormal(t, x), DIGITS),
          new Listed(
              "atan2",
              2,
              "everywhere",
              (_, _) -> true,
              "it takes the roundings of two quotients and two lengths, and has a zero at |a| ="
                  + " |b|; beyond lengths of 2⁻⁶⁰ to 2⁶⁰ (f64: 2⁻⁵⁰⁰, 2⁵⁰⁰) a product is out of"
                  + " range"),
          new Listed(
              "tanh",
              1,
              "|x| > ½",
              (_, x) -> Math.abs(x[0]) > 0.5,
              "1 - y²: y has no more digits near 1; a rule of x takes no longer, but to keep x as"
                  + " well takes 71 % more memory in a GRU of 128 units over 70 steps (17 MB for"
                  + " 10 MB)"),
          new Listed("tanh", 2, "|x| > ½", (_, x) -> Math.abs(x[0]) > 0.5, "the same"),
          new Listed("sigmoid", 1, "x > 0", (_, x) -> x[0] > 0, "y (1 - y): as tanh"),
          new Listed("sigmoid", 2, "x > -1", (_, x) -> x[0] > -1, "as tanh; it has a zero at 0"),
          new Listed("softplus", 2, "x > 0", (_, x) -> x[0] > 0, "that of sigmoid"),
          new Listed("erf", 2, "everywhere", (_, _) -> true, "two exponentials; " + DIGITS),
          new Listed("erfc", 2, "everywhere", (_, _) -> true, "two exponentials; " + DIGITS),
          new Listed(
              "erfInv",
              1,
              "|x| > 0.9",
              (_, x) -> Math.abs(x[0]) > 0.9,
              "e^(y²) takes the rounding of y 2y² times"),
          new Listed("erfInv", 2, "|x| > 0.9", (_, x) -> Math.abs(x[0]) > 0.9, "the same"),
          new Listed("lgamma", 1, "f64; x < 0", Listed::gamma, GAMMA),
          new Listed("digamma", 2, "f64; x < 0", Listed::gamma, GAMMA),
          new Listed("polygamma", 1, "f64; x < 0", Listed::gamma, GAMMA),
          new Listed("polygamma", 2, "f64; x < 0", Listed::gamma, GAMMA));

  private static boolean gamma(DType t, double[] x) {
    return t == DType.F64 || x[x.length - 1] < 0;
  }

  private static double normal(DType t) {
    return t == DType.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
  }

  private static double length(double[] x) {
    return Math.max(Math.abs(x[0]), Math.abs(x[1]));
  }

  private static boolean subnormal(DType t, double[] x) {
    for (double v : x) {
      if (v != 0 && Math.abs(v) < normal(t)) {
        return true;
      }
    }
    return false;
  }

  private static boolean smallQuotient(DType t, double[] x) {
    double once = Math.abs(x[0] / x[1]);
    double twice = Math.abs(x[0] / x[1] / x[1]);
    return Math.abs(x[1]) < normal(t) || (x[0] != 0 && Math.min(once, twice) < 2 * normal(t));
  }

  private static boolean hardPower(DType t, double[] x) {
    double log = Math.abs(Math.log(x[0]));
    double limit = t == DType.F32 ? 85 : 700;
    boolean small = x[1] != 0 && Math.abs(x[1]) < normal(t);
    return log > Math.log(8)
        || Math.abs(x[1]) > 0x1p23
        || small
        || log * (Math.abs(x[1]) + 2) > limit;
  }

  private static boolean overflows(DType t, double[] x) {
    return x[0] >= (t == DType.F32 ? 128 : 1024);
  }
}
