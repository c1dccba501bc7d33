package dev.engram.ir;

import static dev.engram.ir.ElementwiseRow.Flag.COMMUTATIVE;
import static dev.engram.ir.ElementwiseRow.Flag.IDENTITY;
import static dev.engram.ir.ElementwiseRow.Flag.NO_REAL;
import static dev.engram.ir.ElementwiseRow.Flag.NO_WHOLE;
import static dev.engram.ir.ElementwiseRow.Flag.ZERO_DERIVATIVE;

import dev.engram.ir.ElementwiseRow.Domain;
import dev.engram.ir.ElementwiseRow.Flag;
import dev.engram.ir.ElementwiseRow.Partial;
import dev.engram.ir.ElementwiseRow.Real;
import dev.engram.ir.ElementwiseRow.Whole;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The standard elementwise rows; one row is one op. */
public final class Rows {
  private Rows() {}

  private static final Domain ALL = new Domain(-3, 3);
  private static final Domain POSITIVE = new Domain(0.1, 4);

  // Arithmetic.
  public static final ElementwiseRow ADD =
      numeric2("add", (a, b, c) -> a + b, (a, b, c) -> a + b, one(), one(), COMMUTATIVE);
  public static final ElementwiseRow SUB =
      numeric2("sub", (a, b, c) -> a - b, (a, b, c) -> a - b, one(), (x, y) -> y.like(-1)).build();
  public static final ElementwiseRow MUL =
      numeric2(
          "mul",
          (a, b, c) -> a * b,
          (a, b, c) -> a * b,
          (x, y) -> x.get(1),
          (x, y) -> x.get(0),
          COMMUTATIVE);
  // ∂(a/b)/∂b = -(a/b)/b. Integer division truncates; by zero it gives -1, as XLA does.
  public static final ElementwiseRow DIV =
      numeric2(
              "div",
              (a, b, c) -> a / b,
              (a, b, c) -> b == 0 ? -1 : a / b,
              (x, y) -> x.get(1).reciprocal(),
              (x, y) -> y.div(x.get(1)).neg())
          .in(new Domain(0.5, 4));
  // Sign of the dividend, as Java's %; by an integer zero it gives the dividend.
  public static final ElementwiseRow REM =
      numeric2(
              "rem",
              (a, b, c) -> a % b,
              (a, b, c) -> b == 0 ? a : a % b,
              one(),
              (x, y) -> x.get(0).div(x.get(1)).truncate().neg())
          .in(new Domain(0.5, 4));
  // At a tie each operand gets half.
  public static final ElementwiseRow MAX =
      numeric2(
          "max",
          (a, b, c) -> Math.max(a, b),
          (a, b, c) -> Math.max(a, b),
          (x, y) -> above(x.get(0), x.get(1)),
          (x, y) -> above(x.get(1), x.get(0)),
          COMMUTATIVE);
  public static final ElementwiseRow MIN =
      numeric2(
          "min",
          (a, b, c) -> Math.min(a, b),
          (a, b, c) -> Math.min(a, b),
          (x, y) -> above(x.get(1), x.get(0)),
          (x, y) -> above(x.get(0), x.get(1)),
          COMMUTATIVE);
  // ∂a^b/∂a = b a^(b-1), ∂a^b/∂b = a^b ln a, with 0 where a = 0.
  public static final ElementwiseRow POW =
      float2(
              "pow",
              Math::pow,
              (x, y) -> x.get(1).mul(x.get(0).pow(x.get(1).sub(1))),
              (x, y) ->
                  x.get(0)
                      .eq(0)
                      .select(y.like(0), y.mul(x.get(0).eq(0).select(y.like(1), x.get(0)).log())))
          .in(POSITIVE);
  public static final ElementwiseRow ATAN2 =
      float2(
              "atan2",
              Math::atan2,
              (x, y) -> x.get(1).div(x.get(0).square().add(x.get(1).square())),
              (x, y) -> x.get(0).neg().div(x.get(0).square().add(x.get(1).square())))
          .in(POSITIVE);
  public static final ElementwiseRow NEG =
      row(
              "neg",
              1,
              Signature.NUMERIC,
              (a, b, c) -> -a,
              (a, b, c) -> -a,
              List.of((x, y) -> y.like(-1)))
          .build();
  public static final ElementwiseRow ABS =
      row(
              "abs",
              1,
              Signature.NUMERIC,
              (a, b, c) -> Math.abs(a),
              (a, b, c) -> Math.abs(a),
              List.of((x, y) -> x.get(0).sign()))
          .build();
  public static final ElementwiseRow SIGN =
      row(
              "sign",
              1,
              Signature.NUMERIC,
              (a, b, c) -> Math.signum(a),
              (a, b, c) -> Long.signum(a),
              List.of(),
              ZERO_DERIVATIVE)
          .build();

  // Rounding.
  public static final ElementwiseRow FLOOR = step("floor", Math::floor);
  public static final ElementwiseRow CEIL = step("ceil", Math::ceil);

  /** To the nearest integer, ties to even. */
  public static final ElementwiseRow ROUND = step("round", Math::rint);

  /** Toward zero. */
  public static final ElementwiseRow TRUNCATE =
      step("truncate", a -> a < 0 ? Math.ceil(a) : Math.floor(a));

  // Exponentials and roots.
  public static final ElementwiseRow EXP = float1("exp", Math::exp, ALL, (x, y) -> y);
  public static final ElementwiseRow EXPM1 = float1("expm1", Math::expm1, ALL, (x, y) -> y.add(1));
  public static final ElementwiseRow LOG =
      float1("log", Math::log, POSITIVE, (x, y) -> x.get(0).reciprocal());
  public static final ElementwiseRow LOG1P =
      float1("log1p", Math::log1p, POSITIVE, (x, y) -> x.get(0).add(1).reciprocal());
  public static final ElementwiseRow SQRT =
      float1("sqrt", Math::sqrt, POSITIVE, (x, y) -> y.like(0.5).div(y));
  // d x^(-1/2) = -1/2 x^(-3/2) = -y³/2
  public static final ElementwiseRow RSQRT =
      float1("rsqrt", a -> 1 / Math.sqrt(a), POSITIVE, (x, y) -> y.mul(y).mul(y).mul(-0.5));

  // Trigonometric and hyperbolic.
  public static final ElementwiseRow SIN = float1("sin", Math::sin, ALL, (x, y) -> x.get(0).cos());
  public static final ElementwiseRow COS =
      float1("cos", Math::cos, ALL, (x, y) -> x.get(0).sin().neg());
  public static final ElementwiseRow TAN =
      float1("tan", Math::tan, new Domain(-1.2, 1.2), (x, y) -> y.mul(y).add(1));
  public static final ElementwiseRow TANH =
      float1("tanh", Math::tanh, ALL, (x, y) -> y.like(1).sub(y.mul(y)));
  // σ' = σ (1 - σ)
  public static final ElementwiseRow SIGMOID =
      float1("sigmoid", a -> 1 / (1 + Math.exp(-a)), ALL, (x, y) -> y.mul(y.like(1).sub(y)));
  // softplus(x) = log(1 + eˣ), its derivative is σ(x)
  public static final ElementwiseRow SOFTPLUS =
      float1(
          "softplus",
          a -> Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
          ALL,
          (x, y) -> x.get(0).sigmoid());

  // Comparison; false when an operand is NaN, but ne is true.
  public static final ElementwiseRow EQ = compare("eq", (a, b) -> a == b, (a, b) -> a == b);
  public static final ElementwiseRow NE = compare("ne", (a, b) -> a != b, (a, b) -> a != b);
  public static final ElementwiseRow LT = compare("lt", (a, b) -> a < b, (a, b) -> a < b);
  public static final ElementwiseRow LE = compare("le", (a, b) -> a <= b, (a, b) -> a <= b);
  public static final ElementwiseRow GT = compare("gt", (a, b) -> a > b, (a, b) -> a > b);
  public static final ElementwiseRow GE = compare("ge", (a, b) -> a >= b, (a, b) -> a >= b);
  public static final ElementwiseRow IS_FINITE =
      row(
              "isFinite",
              1,
              Signature.PREDICATE,
              (a, b, c) -> Double.isFinite(a) ? 1 : 0,
              noWhole("isFinite"),
              List.of(),
              ZERO_DERIVATIVE,
              NO_WHOLE)
          .build();

  // Logic and bits.
  public static final ElementwiseRow AND = bits("and", Signature.BITS, 2, (a, b, c) -> a & b);
  public static final ElementwiseRow OR = bits("or", Signature.BITS, 2, (a, b, c) -> a | b);
  public static final ElementwiseRow XOR = bits("xor", Signature.BITS, 2, (a, b, c) -> a ^ b);

  /** Logical not of a bool; write {@code xor(-1)} for integers. */
  public static final ElementwiseRow NOT = bits("not", Signature.BITS, 1, (a, b, c) -> a ^ 1);

  // Choice: operand 0 ? operand 1 : operand 2. Linearize treats it on its own, without products.
  public static final ElementwiseRow SELECT =
      row(
              "select",
              3,
              Signature.SELECT,
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
              Signature.ANY,
              (a, b, c) -> a,
              (a, b, c) -> a,
              List.of(),
              IDENTITY,
              ZERO_DERIVATIVE)
          .build();

  /** Keeps online learning from building traces through this use of a weight. */
  public static final ElementwiseRow UNTRACED =
      row("untraced", 1, Signature.ANY, (a, b, c) -> a, (a, b, c) -> a, List.of(one()), IDENTITY)
          .build();

  /** Every row of this class, in order of declaration. */
  public static List<ElementwiseRow> all() {
    return All.ROWS;
  }

  private static final class All {
    static final List<ElementwiseRow> ROWS = collect();

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

  private interface Real1 {
    double apply(double a);
  }

  private interface Real2 {
    double apply(double a, double b);
  }

  private interface Test {
    boolean test(double a, double b);
  }

  private interface WholeTest {
    boolean test(long a, long b);
  }

  private static Partial one() {
    return (x, y) -> y.like(1);
  }

  // 1 where a > b, 1/2 where equal, else 0
  private static Tensor above(Tensor a, Tensor b) {
    return a.gt(b).select(a.like(1), a.eq(b).select(a.like(0.5), a.like(0)));
  }

  private static Whole noWhole(String name) {
    return (a, b, c) -> {
      throw new TypeException(name + " is not defined on integers");
    };
  }

  private static ElementwiseRow step(String name, Real1 f) {
    return row(
            name,
            1,
            Signature.FLOAT,
            (a, b, c) -> f.apply(a),
            noWhole(name),
            List.of(),
            ZERO_DERIVATIVE,
            NO_WHOLE)
        .build();
  }

  private static ElementwiseRow float1(String name, Real1 f, Domain domain, Partial partial) {
    return row(
            name,
            1,
            Signature.FLOAT,
            (a, b, c) -> f.apply(a),
            noWhole(name),
            List.of(partial),
            NO_WHOLE)
        .in(domain);
  }

  private static Draft float2(String name, Real2 f, Partial da, Partial db) {
    return row(
        name,
        2,
        Signature.FLOAT,
        (a, b, c) -> f.apply(a, b),
        noWhole(name),
        List.of(da, db),
        NO_WHOLE);
  }

  private static ElementwiseRow numeric2(
      String name, Real real, Whole whole, Partial da, Partial db, Flag flag) {
    return row(name, 2, Signature.NUMERIC, real, whole, List.of(da, db), flag).build();
  }

  private static Draft numeric2(String name, Real real, Whole whole, Partial da, Partial db) {
    return row(name, 2, Signature.NUMERIC, real, whole, List.of(da, db));
  }

  private static ElementwiseRow compare(String name, Test real, WholeTest whole) {
    return row(
            name,
            2,
            Signature.COMPARE,
            (a, b, c) -> real.test(a, b) ? 1 : 0,
            (a, b, c) -> whole.test(a, b) ? 1 : 0,
            List.of(),
            ZERO_DERIVATIVE)
        .build();
  }

  private static ElementwiseRow bits(String name, Signature signature, int arity, Whole f) {
    Real none =
        (a, b, c) -> {
          throw new TypeException(name + " is not defined on floats");
        };
    return row(name, arity, signature, none, f, List.of(), ZERO_DERIVATIVE, NO_REAL).build();
  }

  private static Draft row(
      String name,
      int arity,
      Signature s,
      Real real,
      Whole whole,
      List<Partial> partials,
      Flag... flags) {
    return new Draft(name, arity, s, real, whole, partials, Set.of(flags));
  }

  private record Draft(
      String name,
      int arity,
      Signature signature,
      Real real,
      Whole whole,
      List<Partial> partials,
      Set<Flag> flags) {
    ElementwiseRow in(Domain domain) {
      return new ElementwiseRow(
          name, arity, signature, real, whole, partials, Optional.empty(), domain, flags);
    }

    ElementwiseRow build() {
      return in(ALL);
    }
  }
}
