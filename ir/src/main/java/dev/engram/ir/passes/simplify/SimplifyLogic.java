package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowRules.binary;
import static dev.engram.ir.passes.simplify.RowRules.is;
import static dev.engram.ir.passes.simplify.RowRules.unary;
import static dev.engram.ir.passes.simplify.RowRules.when;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Rules for rows of bits and bools, and for choices. */
final class SimplifyLogic {
  private SimplifyLogic() {}

  static final List<RewriteRule> AND = bits("and", "x & 0 = 0", 0, "x & -1 = x");
  static final List<RewriteRule> OR = bits("or", "x | -1 = -1", -1, "x | 0 = x");

  private static List<RewriteRule> bits(String row, String absorbs, long absorbing, String keeps) {
    return List.of(
        binary(row + "OfSame", "%s(x, x) = x".formatted(row), (_, x, y) -> when(x.equals(y), x)),
        binary(row + "Absorbing", absorbs, (_, _, y) -> when(isBits(y, absorbing), y)),
        binary(row + "Neutral", keeps, (_, x, y) -> when(isBits(y, ~absorbing), x)));
  }

  private static boolean isBits(Value v, long bits) {
    return v instanceof Lit c && c.bits() == (bits & c.type().dtype().ofLong(-1));
  }

  static final List<RewriteRule> XOR =
      List.of(
          binary(
              "xorItself",
              "x ^ x = 0",
              (_, x, y) -> x.equals(y) ? Optional.of(Lit.zero(x.type())) : Optional.empty()),
          binary("xorZero", "x ^ 0 = x", (_, x, y) -> when(isBits(y, 0), x)),
          binary(
              "xorTrue",
              "p ^ true = not p",
              (r, x, y) ->
                  y instanceof Lit c && c.type().dtype() == DType.BOOL
                      ? Optional.of(r.apply1(Rows.NOT, x))
                      : Optional.empty()));

  // But not (a < b) holds for NaN, where a ≥ b does not.
  static final List<RewriteRule> NOT =
      List.of(
          unary(
              "notTwice",
              "not not p = p",
              (r, x) -> r.is(x, Rows.NOT) ? Optional.of(r.arg(x, 0)) : Optional.empty()),
          unary("notEqual", "not (a = b) = (a ≠ b)", (r, x) -> other(r, x, Rows.EQ, Rows.NE)),
          unary("notUnequal", "not (a ≠ b) = (a = b)", (r, x) -> other(r, x, Rows.NE, Rows.EQ)));

  private static Optional<Value> other(
      RuleRewriter r, Value x, ElementwiseRow row, ElementwiseRow opposite) {
    return r.is(x, row)
        ? Optional.of(r.apply1(opposite, r.arg(x, 0), r.arg(x, 1)))
        : Optional.empty();
  }

  static final List<RewriteRule> SELECT =
      List.of(
          select(
              "selectKnown",
              "select(true, a, b) = a, select(false, a, b) = b",
              (_, s) ->
                  s.in(0) instanceof Lit p
                      ? Optional.of(p.bits() != 0 ? s.in(1) : s.in(2))
                      : Optional.empty()),
          select(
              "selectSame",
              "select(p, a, a) = a",
              (_, s) -> when(s.in(1).equals(s.in(2)), s.in(1))),
          select(
              "selectNot",
              "select(not p, a, b) = select(p, b, a)",
              (r, s) ->
                  r.is(s.in(0), Rows.NOT)
                      ? Optional.of(r.apply1(Rows.SELECT, r.arg(s.in(0), 0), s.in(2), s.in(1)))
                      : Optional.empty()),
          select(
              "selectBools",
              "select(p, true, false) = p, select(p, false, true) = not p",
              (r, s) ->
                  s.in(1) instanceof Lit a
                          && a.type().dtype() == DType.BOOL
                          && s.in(2) instanceof Lit
                      ? Optional.of(is(s.in(1), 1) ? s.in(0) : r.apply1(Rows.NOT, s.in(0)))
                      : Optional.empty()));

  private interface OfSite {
    Optional<Value> at(RuleRewriter r, RewriteRule.Site site);
  }

  private static RewriteRule select(String name, String says, OfSite attempt) {
    return new RewriteRule(name, says, (r, s) -> attempt.at(r, s).map(List::of));
  }

  static final List<RewriteRule> RULES =
      Stream.of(AND, OR, XOR, NOT, SELECT).flatMap(List::stream).toList();
}
