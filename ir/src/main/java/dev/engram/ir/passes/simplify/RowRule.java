package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowConditions.is;
import static dev.engram.ir.passes.simplify.RowConditions.isFloat;
import static dev.engram.ir.passes.simplify.RowConditions.isInteger;
import static dev.engram.ir.passes.simplify.RowConditions.negated;
import static dev.engram.ir.passes.simplify.RowConditions.when;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Rules for rows of numbers. Each holds for every float, including NaN, infinities and both zeros:
 * {@code x + 0} is not {@code x} (it turns -0 into 0), {@code x + -0} is. And each holds for
 * integers of every type: those with a sign, whose least value is its own negative, and those
 * without, whose negatives wrap.
 */
enum RowRule implements EnumRule {
  ADD_NEGATIVE_ZERO("x + -0 = x"),
  ADD_NEGATED("x + -y = x - y"),
  ADD_TO_NEGATED("-x + y = y - x"),
  SUB_ZERO("x - 0 = x"),
  SUB_FROM_NEGATIVE_ZERO("-0 - x = -x"),
  SUB_NEGATED("x - -y = x + y"),
  SUB_ITSELF("x - x = 0, of integers"),
  MUL_ONE("x · 1 = x"),
  MUL_MINUS_ONE("x · -1 = -x"),
  MUL_ZERO("x · 0 = 0, of integers"),
  MUL_NEGATED_BY_LITERAL("-x · c = x · -c"),
  MUL_BOTH_NEGATED("-x · -y = x · y"),
  DIV_ONE("x / 1 = x"),
  DIV_MINUS_ONE("x / -1 = -x"),
  DIV_POWER_OF_TWO("x / 2^k = x · 2^-k, of floats"),
  NEG_TWICE("-(-x) = x"),
  NEG_PRODUCT("-(x · c) = x · -c"),
  ABS_UNSIGNED("|x| = x, of a type without signs"),
  ABS_NEGATED("|-x| = |x|"),
  ABS_TWICE("||x|| = |x|"),
  POW_ONE("x^1 = x"),
  POW_TWO("x^2 = x · x"),
  POW_ZERO("x^0 = 1, even of NaN"),
  MAX_OF_SAME("max(x, x) = x"),
  MAX_OF_INFINITY("max(x, -∞) = x"),
  MIN_OF_SAME("min(x, x) = x"),
  MIN_OF_INFINITY("min(x, ∞) = x"),
  SIGN_TWICE("sign(sign x) = sign x"),
  ROUND_TWICE("floor, ceil, round or truncate of what one of them gives = that");

  static final List<RewriteRule> ADD =
      EnumRule.table(ADD_NEGATIVE_ZERO, ADD_NEGATED, ADD_TO_NEGATED);
  static final List<RewriteRule> SUB =
      EnumRule.table(SUB_ZERO, SUB_FROM_NEGATIVE_ZERO, SUB_NEGATED, SUB_ITSELF);
  static final List<RewriteRule> MUL =
      EnumRule.table(MUL_ONE, MUL_MINUS_ONE, MUL_ZERO, MUL_NEGATED_BY_LITERAL, MUL_BOTH_NEGATED);
  static final List<RewriteRule> DIV = EnumRule.table(DIV_ONE, DIV_MINUS_ONE, DIV_POWER_OF_TWO);
  static final List<RewriteRule> NEG = EnumRule.table(NEG_TWICE, NEG_PRODUCT);
  static final List<RewriteRule> ABS = EnumRule.table(ABS_UNSIGNED, ABS_NEGATED, ABS_TWICE);
  static final List<RewriteRule> POW = EnumRule.table(POW_ONE, POW_TWO, POW_ZERO);
  static final List<RewriteRule> MAX = EnumRule.table(MAX_OF_SAME, MAX_OF_INFINITY);
  static final List<RewriteRule> MIN = EnumRule.table(MIN_OF_SAME, MIN_OF_INFINITY);
  static final List<RewriteRule> SIGN = EnumRule.table(SIGN_TWICE);
  static final List<RewriteRule> ROUNDING = EnumRule.table(ROUND_TWICE);

  private final String says;

  RowRule(String says) {
    this.says = says;
  }

  @Override
  public String says() {
    return says;
  }

  @Override
  public Optional<List<Value>> at(RuleRewriter r, RewriteRule.Site s) {
    return simpler(r, s.in(0), s.in().getLast()).map(List::of);
  }

  // Of one operand, y is x.
  private Optional<Value> simpler(RuleRewriter r, Value x, Value y) {
    return switch (this) {
      case ADD_NEGATIVE_ZERO -> when(is(y, -0.0), x);
      case ADD_NEGATED ->
          r.is(y, Rows.NEG) ? Optional.of(r.apply1(Rows.SUB, x, r.arg(y, 0))) : Optional.empty();
      case ADD_TO_NEGATED ->
          r.is(x, Rows.NEG) ? Optional.of(r.apply1(Rows.SUB, y, r.arg(x, 0))) : Optional.empty();
      case SUB_ZERO -> when(is(y, 0), x);
      case SUB_FROM_NEGATIVE_ZERO ->
          is(x, -0.0) ? Optional.of(r.apply1(Rows.NEG, y)) : Optional.empty();
      case SUB_NEGATED ->
          r.is(y, Rows.NEG) ? Optional.of(r.apply1(Rows.ADD, x, r.arg(y, 0))) : Optional.empty();
      case SUB_ITSELF ->
          x.equals(y) && isInteger(x) ? Optional.of(Lit.zero(x.type())) : Optional.empty();
      case MUL_ONE, DIV_ONE, POW_ONE -> when(is(y, 1), x);
      case MUL_MINUS_ONE, DIV_MINUS_ONE ->
          is(y, -1) ? Optional.of(r.apply1(Rows.NEG, x)) : Optional.empty();
      case MUL_ZERO -> when(is(y, 0) && isInteger(y), y);
      case MUL_NEGATED_BY_LITERAL ->
          r.is(x, Rows.NEG) && y instanceof Lit c
              ? Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), negated(c)))
              : Optional.empty();
      case MUL_BOTH_NEGATED ->
          r.is(x, Rows.NEG) && r.is(y, Rows.NEG)
              ? Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), r.arg(y, 0)))
              : Optional.empty();
      case DIV_POWER_OF_TWO ->
          y instanceof Lit c && c.type().dtype().isFloat() && hasExactReciprocal(c)
              ? Optional.of(r.apply1(Rows.MUL, x, Lit.of(c.type(), 1 / c.asDouble())))
              : Optional.empty();
      case NEG_TWICE -> r.is(x, Rows.NEG) ? Optional.of(r.arg(x, 0)) : Optional.empty();
      case NEG_PRODUCT ->
          r.is(x, Rows.MUL) && r.arg(x, 1) instanceof Lit c
              ? Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), negated(c)))
              : Optional.empty();
      case ABS_UNSIGNED -> when(x.type().dtype() == DType.U8, x);
      case ABS_NEGATED ->
          r.is(x, Rows.NEG) ? Optional.of(r.apply1(Rows.ABS, r.arg(x, 0))) : Optional.empty();
      case ABS_TWICE -> when(r.is(x, Rows.ABS), x);
      case POW_TWO -> is(y, 2) ? Optional.of(r.apply1(Rows.MUL, x, x)) : Optional.empty();
      case POW_ZERO ->
          y instanceof Lit c && c.is(0) ? Optional.of(Lit.one(x.type())) : Optional.empty();
      case MAX_OF_SAME, MIN_OF_SAME -> when(x.equals(y), x);
      case MAX_OF_INFINITY -> when(isFloat(x) && is(y, Double.NEGATIVE_INFINITY), x);
      case MIN_OF_INFINITY -> when(isFloat(x) && is(y, Double.POSITIVE_INFINITY), x);
      case SIGN_TWICE -> when(r.is(x, Rows.SIGN), x);
      case ROUND_TWICE -> when(r.op(x) instanceof Elementwise e && ROUNDS.contains(e.row()), x);
    };
  }

  private static final Set<ElementwiseRow> ROUNDS =
      Set.of(Rows.FLOOR, Rows.CEIL, Rows.ROUND, Rows.TRUNCATE);

  // Powers of two whose reciprocal is a normal number.
  private static boolean hasExactReciprocal(Lit c) {
    double v = Math.abs(c.asDouble());
    int limit = Math.getExponent(greatestFinite(c.type().dtype()));
    return Math.abs(Math.getExponent(v)) < limit && v == Math.scalb(1.0, Math.getExponent(v));
  }

  private static double greatestFinite(DType dtype) {
    return dtype.toDouble(dtype.highest() - 1);
  }
}
