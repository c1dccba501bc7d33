package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowRules.binary;
import static dev.engram.ir.passes.simplify.RowRules.is;
import static dev.engram.ir.passes.simplify.RowRules.isInteger;
import static dev.engram.ir.passes.simplify.RowRules.unary;
import static dev.engram.ir.passes.simplify.RowRules.when;
import static java.util.Map.entry;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.ElementwiseRow.Flag;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rules for rows. Each holds for every float, including NaN, infinities and both zeros: {@code x +
 * 0} is not {@code x} (it turns -0 into 0), {@code x + -0} is. And each holds for integers of every
 * type: those with a sign, whose least value is its own negative, and those without, whose
 * negatives wrap.
 */
final class SimplifyElementwise {
  private SimplifyElementwise() {}

  private static final List<RewriteRule> ADD =
      List.of(
          binary("addNegativeZero", "x + -0 = x", (_, x, y) -> when(is(y, -0.0), x)),
          binary(
              "addNegated",
              "x + -y = x - y",
              (r, x, y) ->
                  r.is(y, Rows.NEG)
                      ? Optional.of(r.apply1(Rows.SUB, x, r.arg(y, 0)))
                      : Optional.empty()),
          binary(
              "addToNegated",
              "-x + y = y - x",
              (r, x, y) ->
                  r.is(x, Rows.NEG)
                      ? Optional.of(r.apply1(Rows.SUB, y, r.arg(x, 0)))
                      : Optional.empty()));

  private static final List<RewriteRule> SUB =
      List.of(
          binary("subZero", "x - 0 = x", (_, x, y) -> when(is(y, 0), x)),
          binary(
              "subFromNegativeZero",
              "-0 - x = -x",
              (r, x, y) -> is(x, -0.0) ? Optional.of(r.apply1(Rows.NEG, y)) : Optional.empty()),
          binary(
              "subNegated",
              "x - -y = x + y",
              (r, x, y) ->
                  r.is(y, Rows.NEG)
                      ? Optional.of(r.apply1(Rows.ADD, x, r.arg(y, 0)))
                      : Optional.empty()),
          binary(
              "subItself",
              "x - x = 0, of integers",
              (_, x, y) ->
                  x.equals(y) && isInteger(x)
                      ? Optional.of(Lit.zero(x.type()))
                      : Optional.empty()));

  private static final List<RewriteRule> MUL =
      List.of(
          binary("mulOne", "x · 1 = x", (_, x, y) -> when(is(y, 1), x)),
          binary(
              "mulMinusOne",
              "x · -1 = -x",
              (r, x, y) -> is(y, -1) ? Optional.of(r.apply1(Rows.NEG, x)) : Optional.empty()),
          binary(
              "mulZero", "x · 0 = 0, of integers", (_, _, y) -> when(is(y, 0) && isInteger(y), y)),
          binary(
              "mulNegatedByLiteral",
              "-x · c = x · -c",
              (r, x, y) ->
                  r.is(x, Rows.NEG) && y instanceof Lit c
                      ? Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), negated(c)))
                      : Optional.empty()),
          binary(
              "mulBothNegated",
              "-x · -y = x · y",
              (r, x, y) ->
                  r.is(x, Rows.NEG) && r.is(y, Rows.NEG)
                      ? Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), r.arg(y, 0)))
                      : Optional.empty()));

  private static final List<RewriteRule> DIV =
      List.of(
          binary("divOne", "x / 1 = x", (_, x, y) -> when(is(y, 1), x)),
          binary(
              "divMinusOne",
              "x / -1 = -x",
              (r, x, y) -> is(y, -1) ? Optional.of(r.apply1(Rows.NEG, x)) : Optional.empty()),
          binary(
              "divPowerOfTwo",
              "x / 2^k = x · 2^-k, of floats",
              (r, x, y) ->
                  y instanceof Lit c && c.type().dtype().isFloat() && hasExactReciprocal(c)
                      ? Optional.of(r.apply1(Rows.MUL, x, Lit.of(c.type(), 1 / c.asDouble())))
                      : Optional.empty()));

  private static final List<RewriteRule> NEG =
      List.of(
          unary(
              "negTwice",
              "-(-x) = x",
              (r, x) -> r.is(x, Rows.NEG) ? Optional.of(r.arg(x, 0)) : Optional.empty()),
          unary(
              "negProduct",
              "-(x · c) = x · -c",
              (r, x) ->
                  r.is(x, Rows.MUL) && r.arg(x, 1) instanceof Lit c
                      ? Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), negated(c)))
                      : Optional.empty()));

  // The negatives of a type without signs wrap.
  private static final List<RewriteRule> ABS =
      List.of(
          unary(
              "absUnsigned",
              "|x| = x, of a type without signs",
              (_, x) -> when(x.type().dtype() == DType.U8, x)),
          unary(
              "absNegated",
              "|-x| = |x|",
              (r, x) ->
                  r.is(x, Rows.NEG)
                      ? Optional.of(r.apply1(Rows.ABS, r.arg(x, 0)))
                      : Optional.empty()),
          unary("absTwice", "||x|| = |x|", (r, x) -> when(r.is(x, Rows.ABS), x)));

  private static final List<RewriteRule> POW =
      List.of(
          binary("powOne", "x^1 = x", (_, x, y) -> when(is(y, 1), x)),
          binary(
              "powTwo",
              "x^2 = x · x",
              (r, x, y) -> is(y, 2) ? Optional.of(r.apply1(Rows.MUL, x, x)) : Optional.empty()),
          binary(
              "powZero",
              "x^0 = 1, even of NaN",
              (_, x, y) ->
                  y instanceof Lit c && c.is(0)
                      ? Optional.of(Lit.one(x.type()))
                      : Optional.empty()));

  private static final List<RewriteRule> MAX = extreme("max", "-∞", Double.NEGATIVE_INFINITY);
  private static final List<RewriteRule> MIN = extreme("min", "∞", Double.POSITIVE_INFINITY);

  private static List<RewriteRule> extreme(String row, String end, double neutral) {
    return List.of(
        binary(row + "OfSame", row + "(x, x) = x", (_, x, y) -> when(x.equals(y), x)),
        binary(
            row + "OfInfinity",
            row + "(x, " + end + ") = x",
            (_, x, y) -> when(x.type().dtype().isFloat() && is(y, neutral), x)));
  }

  private static final List<RewriteRule> SIGN =
      List.of(unary("signTwice", "sign(sign x) = sign x", (r, x) -> when(r.is(x, Rows.SIGN), x)));

  private static final Set<ElementwiseRow> ROUNDS =
      Set.of(Rows.FLOOR, Rows.CEIL, Rows.ROUND, Rows.TRUNCATE);

  private static final List<RewriteRule> ROUNDING =
      List.of(
          unary(
              "roundTwice",
              "floor, ceil, round or truncate of what one of them gives = that",
              (r, x) -> when(r.op(x) instanceof Elementwise e && ROUNDS.contains(e.row()), x)));

  private static final RewriteRule LITERAL_LAST =
      RewriteRule.of(
          "literalLast",
          "f(c, x) = f(x, c), of commutative rows",
          Elementwise.class,
          (r, op, s) ->
              s.in(0) instanceof Lit && !(s.in(1) instanceof Lit)
                  ? Optional.of(r.apply1(op, s.in(1), s.in(0)))
                  : Optional.empty());

  private static final RewriteRule UNDER_BROADCAST =
      RewriteRule.of(
          "rowOfBroadcast",
          "f(broadcast(x), broadcast(y)) = broadcast(f(x, y)), both repeated in the same way",
          Elementwise.class,
          (r, op, s) -> underBroadcast(r, op, s.in()));

  private static final Map<ElementwiseRow, List<RewriteRule>> OWN =
      Map.ofEntries(
          entry(Rows.ADD, ADD),
          entry(Rows.SUB, SUB),
          entry(Rows.MUL, MUL),
          entry(Rows.DIV, DIV),
          entry(Rows.NEG, NEG),
          entry(Rows.ABS, ABS),
          entry(Rows.POW, POW),
          entry(Rows.MAX, MAX),
          entry(Rows.MIN, MIN),
          entry(Rows.SIGN, SIGN),
          entry(Rows.FLOOR, ROUNDING),
          entry(Rows.CEIL, ROUNDING),
          entry(Rows.ROUND, ROUNDING),
          entry(Rows.TRUNCATE, ROUNDING),
          entry(Rows.AND, SimplifyLogic.AND),
          entry(Rows.OR, SimplifyLogic.OR),
          entry(Rows.XOR, SimplifyLogic.XOR),
          entry(Rows.NOT, SimplifyLogic.NOT),
          entry(Rows.SELECT, SimplifyLogic.SELECT));

  /** All, in the order of the documentation. */
  static final List<RewriteRule> RULES =
      Stream.of(
              List.of(LITERAL_LAST),
              ADD,
              SUB,
              MUL,
              DIV,
              NEG,
              ABS,
              POW,
              MAX,
              MIN,
              SIGN,
              ROUNDING,
              SimplifyLogic.RULES,
              List.of(UNDER_BROADCAST))
          .flatMap(List::stream)
          .toList();

  private static final List<RewriteRule> OTHERS = NoElements.and(UNDER_BROADCAST);
  private static final List<RewriteRule> OTHERS_COMMUTATIVE =
      NoElements.and(LITERAL_LAST, UNDER_BROADCAST);

  private static final Map<ElementwiseRow, List<RewriteRule>> TABLES =
      OWN.entrySet().stream()
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, SimplifyElementwise::table));

  private static List<RewriteRule> table(Map.Entry<ElementwiseRow, List<RewriteRule>> own) {
    List<RewriteRule> all = new ArrayList<>();
    if (own.getKey().has(Flag.COMMUTATIVE)) {
      all.add(LITERAL_LAST);
    }
    all.addAll(own.getValue());
    all.add(UNDER_BROADCAST);
    return NoElements.and(all);
  }

  /** The rules for uses of {@code row}. */
  static List<RewriteRule> of(ElementwiseRow row) {
    List<RewriteRule> table = TABLES.get(row);
    return table != null ? table : row.has(Flag.COMMUTATIVE) ? OTHERS_COMMUTATIVE : OTHERS;
  }

  // Powers of two whose reciprocal is a normal number.
  private static boolean hasExactReciprocal(Lit c) {
    double v = Math.abs(c.asDouble());
    int limit = Math.getExponent(greatestFinite(c.type().dtype()));
    return Math.abs(Math.getExponent(v)) < limit && v == Math.scalb(1.0, Math.getExponent(v));
  }

  private static double greatestFinite(DType dtype) {
    return dtype.toDouble(dtype.highest() - 1);
  }

  private static Lit negated(Lit c) {
    return c.type().dtype().isFloat()
        ? Lit.of(c.type(), -c.asDouble())
        : Lit.ofLong(c.type(), -c.asLong());
  }

  // f(broadcast x, broadcast y) = broadcast f(x, y), when both are repeated in the same way
  private static Optional<Value> underBroadcast(RuleRewriter r, Elementwise op, List<Value> in) {
    Move.Broadcast common = null;
    Shape small = Shape.scalar();
    for (Value v : in) {
      if (v instanceof Lit) {
        continue;
      }
      if (!(r.op(v) instanceof Move.Broadcast b) || (common != null && !b.equals(common))) {
        return Optional.empty();
      }
      common = b;
      small = r.arg(v, 0).type().shape();
    }
    if (common == null || small.size() >= common.shape().size()) {
      return Optional.empty();
    }
    List<Value> narrow = new ArrayList<>();
    for (Value v : in) {
      narrow.add(v instanceof Lit c ? new Lit(c.type().with(small), c.bits()) : r.arg(v, 0));
    }
    Value y = r.apply(op, narrow).getFirst();
    return Optional.of(r.apply1(common, y));
  }
}
