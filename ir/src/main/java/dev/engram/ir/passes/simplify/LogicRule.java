package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowConditions.is;
import static dev.engram.ir.passes.simplify.RowConditions.when;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.List;
import java.util.Optional;

/** Rules for rows of bits and bools, and for choices. */
enum LogicRule implements EnumRule {
  AND_OF_SAME("x & x = x"),
  AND_ABSORBING("x & 0 = 0"),
  AND_NEUTRAL("x & -1 = x"),
  OR_OF_SAME("x | x = x"),
  OR_ABSORBING("x | -1 = -1"),
  OR_NEUTRAL("x | 0 = x"),
  XOR_ITSELF("x ^ x = 0"),
  XOR_ZERO("x ^ 0 = x"),
  XOR_TRUE("p ^ true = not p"),
  NOT_TWICE("not not p = p"),
  NOT_EQUAL("not (a = b) = (a ≠ b)"),
  NOT_UNEQUAL("not (a ≠ b) = (a = b)"),
  SELECT_KNOWN("select(true, a, b) = a, select(false, a, b) = b"),
  SELECT_SAME("select(p, a, a) = a"),
  SELECT_NOT("select(not p, a, b) = select(p, b, a)"),
  SELECT_BOOLS("select(p, true, false) = p, select(p, false, true) = not p");

  static final List<RewriteRule> AND = EnumRule.table(AND_OF_SAME, AND_ABSORBING, AND_NEUTRAL);
  static final List<RewriteRule> OR = EnumRule.table(OR_OF_SAME, OR_ABSORBING, OR_NEUTRAL);
  static final List<RewriteRule> XOR = EnumRule.table(XOR_ITSELF, XOR_ZERO, XOR_TRUE);
  static final List<RewriteRule> NOT = EnumRule.table(NOT_TWICE, NOT_EQUAL, NOT_UNEQUAL);
  static final List<RewriteRule> SELECT =
      EnumRule.table(SELECT_KNOWN, SELECT_SAME, SELECT_NOT, SELECT_BOOLS);

  private final String says;

  LogicRule(String says) {
    this.says = says;
  }

  @Override
  public String says() {
    return says;
  }

  @Override
  public Optional<List<Value>> at(RuleRewriter r, RewriteRule.Site s) {
    return simpler(r, s, s.in(0), s.in().getLast()).map(List::of);
  }

  private Optional<Value> simpler(RuleRewriter r, RewriteRule.Site s, Value x, Value y) {
    return switch (this) {
      case AND_OF_SAME, OR_OF_SAME -> when(x.equals(y), x);
      case AND_ABSORBING -> when(isBits(y, 0), y);
      case AND_NEUTRAL -> when(isBits(y, -1), x);
      case OR_ABSORBING -> when(isBits(y, -1), y);
      case OR_NEUTRAL, XOR_ZERO -> when(isBits(y, 0), x);
      case XOR_ITSELF -> x.equals(y) ? Optional.of(Lit.zero(x.type())) : Optional.empty();
      case XOR_TRUE ->
          y instanceof Lit c && c.type().dtype() == DType.BOOL
              ? Optional.of(r.apply1(Rows.NOT, x))
              : Optional.empty();
      case NOT_TWICE -> r.is(x, Rows.NOT) ? Optional.of(r.arg(x, 0)) : Optional.empty();
      case NOT_EQUAL -> other(r, x, Rows.EQ, Rows.NE);
      case NOT_UNEQUAL -> other(r, x, Rows.NE, Rows.EQ);
      case SELECT_KNOWN ->
          s.in(0) instanceof Lit p
              ? Optional.of(p.bits() != 0 ? s.in(1) : s.in(2))
              : Optional.empty();
      case SELECT_SAME -> when(s.in(1).equals(s.in(2)), s.in(1));
      case SELECT_NOT ->
          r.is(s.in(0), Rows.NOT)
              ? Optional.of(r.apply1(Rows.SELECT, r.arg(s.in(0), 0), s.in(2), s.in(1)))
              : Optional.empty();
      case SELECT_BOOLS ->
          s.in(1) instanceof Lit a && a.type().dtype() == DType.BOOL && s.in(2) instanceof Lit
              ? Optional.of(is(s.in(1), 1) ? s.in(0) : r.apply1(Rows.NOT, s.in(0)))
              : Optional.empty();
    };
  }

  private static boolean isBits(Value v, long bits) {
    return v instanceof Lit c && c.bits() == (bits & c.type().dtype().ofLong(-1));
  }

  private static Optional<Value> other(
      RuleRewriter r, Value x, ElementwiseRow row, ElementwiseRow opposite) {
    return r.is(x, row)
        ? Optional.of(r.apply1(opposite, r.arg(x, 0), r.arg(x, 1)))
        : Optional.empty();
  }
}
