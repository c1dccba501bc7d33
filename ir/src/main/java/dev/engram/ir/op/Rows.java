package dev.engram.ir.op;

import static dev.engram.ir.op.ElementwiseRow.Flag.COMMUTATIVE;
import static dev.engram.ir.op.ElementwiseRow.Flag.IDENTITY;
import static dev.engram.ir.op.ElementwiseRow.Flag.NO_WHOLE;
import static dev.engram.ir.op.ElementwiseRow.Flag.ZERO_DERIVATIVE;
import static dev.engram.ir.op.RowKinds.ALL;
import static dev.engram.ir.op.RowKinds.POSITIVE;
import static dev.engram.ir.op.RowKinds.above;
import static dev.engram.ir.op.RowKinds.bits;
import static dev.engram.ir.op.RowKinds.compare;
import static dev.engram.ir.op.RowKinds.float1;
import static dev.engram.ir.op.RowKinds.float2;
import static dev.engram.ir.op.RowKinds.noWhole;
import static dev.engram.ir.op.RowKinds.numeric2;
import static dev.engram.ir.op.RowKinds.one;
import static dev.engram.ir.op.RowKinds.row;
import static dev.engram.ir.op.RowKinds.step;

import dev.engram.ir.checks.Given;
import dev.engram.ir.math.ElementaryFunctions;
import dev.engram.ir.math.ErrorFunction;
import dev.engram.ir.math.GammaFunction;
import dev.engram.ir.op.ElementwiseRow.Domain;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The standard elementwise rows; one row is one op. */
public final class Rows {
  private static final double LOG_2 = 0.6931471805599453;
  private static final double LOG_10 = 2.302585092994046;
  private static final double TWO_OVER_ROOT_PI = 1.1283791670955126;

  /** Between the ends of the inverse functions. */
  private static final Domain INSIDE = new Domain(-0.9, 0.9);

  private static final Domain ABOVE_POLE = new Domain(0.6, 4);

  private Rows() {}

  // Arithmetic.
  /** a + b. */
  public static final ElementwiseRow ADD =
      numeric2("add", (a, b, c) -> a + b, (a, b, c) -> a + b, one(), one(), COMMUTATIVE);

  /** a - b. */
  public static final ElementwiseRow SUB =
      numeric2("sub", (a, b, c) -> a - b, (a, b, c) -> a - b, one(), (x, y) -> y.like(-1)).build();

  /** a b. */
  public static final ElementwiseRow MUL =
      numeric2(
          "mul",
          (a, b, c) -> a * b,
          (a, b, c) -> a * b,
          (x, y) -> x.get(1),
          (x, y) -> x.get(0),
          COMMUTATIVE);

  // ∂(a/b)/∂b = -(a/b)/b. Integer division truncates; by zero it gives -1, as XLA does.
  /** a / b; of integers rounded toward zero, and -1 where b is 0. */
  public static final ElementwiseRow DIV =
      numeric2(
              "div",
              (a, b, c) -> a / b,
              (a, b, c) -> b == 0 ? -1 : a / b,
              (x, y) -> x.get(1).reciprocal(),
              (x, y) -> y.div(x.get(1)).neg())
          .in(new Domain(0.5, 4));

  // Sign of the dividend, as Java's %; by an integer zero it gives the dividend. The quotient
  // ⌊a/b⌋ toward zero is (a - y)/b, where a/b may round up to the next integer.
  /** The remainder of a / b with the sign of a; of integers a where b is 0. */
  public static final ElementwiseRow REM =
      numeric2(
              "rem",
              (a, b, c) -> a % b,
              (a, b, c) -> b == 0 ? a : a % b,
              one(),
              (x, y) -> x.get(0).sub(y).div(x.get(1)).round().neg())
          .in(new Domain(0.5, 4));

  // At a tie each operand gets half.
  /** The greater of a and b, NaN where one is. */
  public static final ElementwiseRow MAX =
      numeric2(
          "max",
          (a, b, c) -> Math.max(a, b),
          (a, b, c) -> Math.max(a, b),
          (x, y) -> above(x.get(0), x.get(1)),
          (x, y) -> above(x.get(1), x.get(0)),
          COMMUTATIVE);

  /** The lesser of a and b, NaN where one is. */
  public static final ElementwiseRow MIN =
      numeric2(
          "min",
          (a, b, c) -> Math.min(a, b),
          (a, b, c) -> Math.min(a, b),
          (x, y) -> above(x.get(1), x.get(0)),
          (x, y) -> above(x.get(0), x.get(1)),
          COMMUTATIVE);

  // ∂a^b/∂a = b a^(b-1); ∂a^b/∂b = a^b ln a
  /** a^b. */
  public static final ElementwiseRow POW =
      float2(
              "pow",
              Math::pow,
              (x, y) -> Slopes.powInBase(x.get(0), x.get(1)),
              (x, y) -> Slopes.powInExponent(x.get(0), x.get(1), y))
          .in(POSITIVE);

  /** The angle of the point (x = b, y = a), -π to π. */
  public static final ElementwiseRow ATAN2 =
      float2(
              "atan2",
              Math::atan2,
              (x, y) -> Slopes.overSquare(x.get(1), x.get(0), x.get(1)),
              (x, y) -> Slopes.overSquare(x.get(0), x.get(0), x.get(1)).neg())
          .in(POSITIVE);

  /** -a. */
  public static final ElementwiseRow NEG =
      row(
              "neg",
              1,
              RowSignature.NUMERIC,
              (a, b, c) -> -a,
              (a, b, c) -> -a,
              List.of((x, y) -> y.like(-1)))
          .build();

  /** |a|. */
  public static final ElementwiseRow ABS =
      row(
              "abs",
              1,
              RowSignature.NUMERIC,
              (a, b, c) -> Math.abs(a),
              (a, b, c) -> Math.abs(a),
              List.of((x, y) -> x.get(0).sign()))
          .build();

  /** -1, 0 or 1; NaN of NaN. */
  public static final ElementwiseRow SIGN =
      row(
              "sign",
              1,
              RowSignature.NUMERIC,
              (a, b, c) -> Math.signum(a),
              (a, b, c) -> Long.signum(a),
              List.of(),
              ZERO_DERIVATIVE)
          .build();

  // Rounding.
  /** Down. */
  public static final ElementwiseRow FLOOR = step("floor", Math::floor);

  /** Up. */
  public static final ElementwiseRow CEIL = step("ceil", Math::ceil);

  /** To the nearest integer, ties to even. */
  public static final ElementwiseRow ROUND = step("round", Math::rint);

  /** Toward zero. */
  public static final ElementwiseRow TRUNCATE =
      step("truncate", a -> a < 0 ? Math.ceil(a) : Math.floor(a));

  // Exponentials, logarithms and roots.
  /** e^a. */
  public static final ElementwiseRow EXP = float1("exp", Math::exp, ALL, (x, y) -> y);

  /** e^a - 1. */
  public static final ElementwiseRow EXPM1 =
      float1("expm1", Math::expm1, ALL, (x, y) -> x.get(0).exp());

  /** ln a. */
  public static final ElementwiseRow LOG =
      float1("log", Math::log, POSITIVE, (x, y) -> x.get(0).reciprocal());

  /** ln(1 + a). */
  public static final ElementwiseRow LOG1P =
      float1("log1p", Math::log1p, POSITIVE, (x, y) -> x.get(0).add(1).reciprocal());

  /** 2^a. */
  public static final ElementwiseRow EXP2 =
      float1("exp2", a -> StrictMath.pow(2, a), ALL, (x, y) -> y.mul(LOG_2));

  /** The logarithm to base 2. */
  public static final ElementwiseRow LOG2 =
      float1(
          "log2", ElementaryFunctions::log2, POSITIVE, (x, y) -> y.like(1 / LOG_2).div(x.get(0)));

  /** The logarithm to base 10. */
  public static final ElementwiseRow LOG10 =
      float1("log10", StrictMath::log10, POSITIVE, (x, y) -> y.like(1 / LOG_10).div(x.get(0)));

  /** √a. */
  public static final ElementwiseRow SQRT =
      float1("sqrt", Math::sqrt, POSITIVE, (x, y) -> y.like(0.5).div(y));

  // d x^(-1/2) = -y/(2x)
  /** 1 / √a. */
  public static final ElementwiseRow RSQRT =
      float1("rsqrt", a -> 1 / Math.sqrt(a), POSITIVE, (x, y) -> y.mul(-0.5).div(x.get(0)));

  // d ∛x = 1/(3 y²)
  /** ∛a. */
  public static final ElementwiseRow CBRT =
      float1("cbrt", StrictMath::cbrt, POSITIVE, (x, y) -> y.square().mul(3).reciprocal());

  // ∂h/∂x = x/h
  /** √(a² + b²), without overflow on the way. */
  public static final ElementwiseRow HYPOT =
      float2(
              "hypot",
              StrictMath::hypot,
              (x, y) -> Slopes.cosine(x.get(0), x.get(1), y),
              (x, y) -> Slopes.cosine(x.get(1), x.get(0), y))
          .in(POSITIVE);

  // Trigonometric and hyperbolic.
  /** Of an angle in radians. */
  public static final ElementwiseRow SIN = float1("sin", Math::sin, ALL, (x, y) -> x.get(0).cos());

  /** Of an angle in radians. */
  public static final ElementwiseRow COS =
      float1("cos", Math::cos, ALL, (x, y) -> x.get(0).sin().neg());

  /** Of an angle in radians. */
  public static final ElementwiseRow TAN =
      float1("tan", Math::tan, new Domain(-1.2, 1.2), (x, y) -> y.mul(y).add(1));

  /** The hyperbolic tangent. */
  public static final ElementwiseRow TANH =
      float1("tanh", Math::tanh, ALL, (x, y) -> y.like(1).sub(y.mul(y)));

  // d asin(x) = (1 - x²)^(-1/2)
  /** In radians, -π/2 to π/2. */
  public static final ElementwiseRow ASIN =
      float1("asin", StrictMath::asin, INSIDE, (x, y) -> Slopes.oneMinusSquare(x.get(0)).rsqrt());

  /** In radians, 0 to π. */
  public static final ElementwiseRow ACOS =
      float1(
          "acos",
          StrictMath::acos,
          INSIDE,
          (x, y) -> Slopes.oneMinusSquare(x.get(0)).rsqrt().neg());

  // d atan(x) = 1 / (1 + x²)
  /** In radians, -π/2 to π/2. */
  public static final ElementwiseRow ATAN =
      float1("atan", StrictMath::atan, ALL, (x, y) -> Slopes.overOnePlusSquare(x.get(0)));

  /** The hyperbolic sine. */
  public static final ElementwiseRow SINH =
      float1("sinh", StrictMath::sinh, ALL, (x, y) -> x.get(0).cosh());

  /** The hyperbolic cosine. */
  public static final ElementwiseRow COSH =
      float1("cosh", StrictMath::cosh, ALL, (x, y) -> x.get(0).sinh());

  // d asinh(x) = (x² + 1)^(-1/2)
  /** ln(a + √(a² + 1)). */
  public static final ElementwiseRow ASINH =
      float1(
          "asinh",
          ElementaryFunctions::asinh,
          ALL,
          (x, y) -> Slopes.rootOverOnePlusSquare(x.get(0)));

  // d acosh(x) = (x² - 1)^(-1/2) = (x - 1)^(-1/2) (x + 1)^(-1/2)
  /** ln(a + √(a² - 1)). */
  public static final ElementwiseRow ACOSH =
      float1(
          "acosh",
          ElementaryFunctions::acosh,
          new Domain(1.2, 4),
          (x, y) -> x.get(0).sub(1).rsqrt().mul(x.get(0).add(1).rsqrt()));

  // d atanh(x) = 1 / (1 - x²)
  /** ½ ln((1 + a) / (1 - a)). */
  public static final ElementwiseRow ATANH =
      float1(
          "atanh",
          ElementaryFunctions::atanh,
          INSIDE,
          (x, y) -> Slopes.oneMinusSquare(x.get(0)).reciprocal());

  // σ' = σ (1 - σ)
  /** 1 / (1 + e^-a). */
  public static final ElementwiseRow SIGMOID =
      float1("sigmoid", a -> 1 / (1 + Math.exp(-a)), ALL, (x, y) -> y.mul(y.like(1).sub(y)));

  // softplus(x) = log(1 + eˣ), its derivative is σ(x)
  /** ln(1 + e^a). */
  public static final ElementwiseRow SOFTPLUS =
      float1(
          "softplus",
          a -> Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
          ALL,
          (x, y) -> x.get(0).sigmoid());

  // Special functions.
  // d erf(x) = 2/√π e^(-x²)
  /** 2/√π ∫₀ᵃ e^(-t²) dt. */
  public static final ElementwiseRow ERF =
      float1(
          "erf",
          ErrorFunction::erf,
          ALL,
          (x, y) -> Slopes.gaussian(x.get(0)).mul(TWO_OVER_ROOT_PI));

  /** 1 - erf a, also where that is tiny. */
  public static final ElementwiseRow ERFC =
      float1(
          "erfc",
          ErrorFunction::erfc,
          ALL,
          (x, y) -> Slopes.gaussian(x.get(0)).mul(-TWO_OVER_ROOT_PI));

  // d erf⁻¹(x) = √π/2 e^(y²)
  /** The inverse of erf. */
  public static final ElementwiseRow ERF_INV =
      float1(
          "erfInv",
          ErrorFunction::inverse,
          INSIDE,
          (x, y) -> y.square().exp().mul(1 / TWO_OVER_ROOT_PI));

  /** ln |Γ(x)|. */
  public static final ElementwiseRow LGAMMA =
      float1("lgamma", GammaFunction::logGamma, ABOVE_POLE, (x, y) -> x.get(0).digamma());

  /** ψ(x) = d ln Γ(x) / dx. */
  public static final ElementwiseRow DIGAMMA =
      float1(
          "digamma",
          GammaFunction::digamma,
          ABOVE_POLE,
          (x, y) -> x.get(0).like(1).polygamma(x.get(0)));

  /**
   * The n-th derivative of ψ, the order first. Orders are rounded to integers, hence their
   * derivative is 0.
   */
  public static final ElementwiseRow POLYGAMMA =
      float2(
              "polygamma",
              GammaFunction::polygamma,
              (x, y) -> y.like(0),
              (x, y) -> x.get(0).round().add(1).polygamma(x.get(1)))
          .in(ABOVE_POLE);

  // Comparison; false when an operand is NaN, but ne is true.
  /** a = b. */
  public static final ElementwiseRow EQ = compare("eq", (a, b) -> a == b, (a, b) -> a == b);

  /** a ≠ b. */
  public static final ElementwiseRow NE = compare("ne", (a, b) -> a != b, (a, b) -> a != b);

  /** {@code a < b}. */
  public static final ElementwiseRow LT = compare("lt", (a, b) -> a < b, (a, b) -> a < b);

  /** a ≤ b. */
  public static final ElementwiseRow LE = compare("le", (a, b) -> a <= b, (a, b) -> a <= b);

  /** {@code a > b}. */
  public static final ElementwiseRow GT = compare("gt", (a, b) -> a > b, (a, b) -> a > b);

  /** a ≥ b. */
  public static final ElementwiseRow GE = compare("ge", (a, b) -> a >= b, (a, b) -> a >= b);

  /** Neither NaN nor ±∞. */
  public static final ElementwiseRow IS_FINITE =
      row(
              "isFinite",
              1,
              RowSignature.PREDICATE,
              (a, b, c) -> Double.isFinite(a) ? 1 : 0,
              noWhole("isFinite"),
              List.of(),
              ZERO_DERIVATIVE,
              NO_WHOLE)
          .build();

  // Logic and bits.
  /** Of bools, or of integers bit by bit. */
  public static final ElementwiseRow AND = bits("and", RowSignature.BITS, 2, (a, b, c) -> a & b);

  /** Of bools, or of integers bit by bit. */
  public static final ElementwiseRow OR = bits("or", RowSignature.BITS, 2, (a, b, c) -> a | b);

  /** Of bools, or of integers bit by bit. */
  public static final ElementwiseRow XOR = bits("xor", RowSignature.BITS, 2, (a, b, c) -> a ^ b);

  /** Of a bool. */
  public static final ElementwiseRow NOT = bits("not", RowSignature.LOGIC, 1, (a, b, c) -> a ^ 1);

  /** Bits beyond the type's are lost; 0 for distances that are negative or too large. */
  public static final ElementwiseRow SHIFT_LEFT =
      bits("shiftLeft", RowSignature.INTEGER, 2, (a, b, c) -> b < 0 || b > 63 ? 0 : a << b);

  /** Keeps the sign, also for distances that are negative or too large, when only it is left. */
  public static final ElementwiseRow SHIFT_RIGHT =
      bits("shiftRight", RowSignature.INTEGER, 2, (a, b, c) -> a >> (b < 0 || b > 63 ? 63 : b));

  // Choice: operand 0 ? operand 1 : operand 2. Linearize treats it on its own, without products.
  /** b where a is true, else c. */
  public static final ElementwiseRow SELECT =
      row(
              "select",
              3,
              RowSignature.SELECT,
              (a, b, c) -> a != 0 ? b : c,
              (a, b, c) -> a != 0 ? b : c,
              List.of())
          .build();

  // Markers: the value passes through.
  /** Its derivative is zero. */
  public static final ElementwiseRow STOP_GRADIENT =
      row(
              "stopGradient",
              1,
              RowSignature.ANY,
              (a, b, c) -> a,
              (a, b, c) -> a,
              List.of(),
              IDENTITY,
              ZERO_DERIVATIVE)
          .build();

  /** Keeps online learning from building traces through this use of a weight. */
  public static final ElementwiseRow UNTRACED =
      row("untraced", 1, RowSignature.ANY, (a, b, c) -> a, (a, b, c) -> a, List.of(one()), IDENTITY)
          .build();

  /** Every row of this class, in order of declaration. */
  public static List<ElementwiseRow> all() {
    return All.ROWS;
  }

  /** True for a row of this class, whose functions are the library's own. */
  public static boolean has(ElementwiseRow row) {
    Given.given("Rows.has", "row", row);
    return All.SET.contains(row);
  }

  private static final class All {
    static final List<ElementwiseRow> ROWS = collect();
    static final Set<ElementwiseRow> SET = Set.copyOf(ROWS);

    private static List<ElementwiseRow> collect() {
      List<ElementwiseRow> rows = new ArrayList<>();
      for (Field f : Rows.class.getFields()) {
        try {
          if (f.get(null) instanceof ElementwiseRow r) {
            rows.add(r);
          }
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
      return List.copyOf(rows);
    }
  }
}
