package dev.engram.ir.passes.simplify;

import static java.util.Map.entry;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.ElementwiseRow.Flag;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rules for rows and casts. Each holds for every float, including NaN, infinities and both zeros:
 * {@code x + 0} is not {@code x} (it turns -0 into 0), {@code x + -0} is. And each holds for
 * integers of every type: those with a sign, whose least value is its own negative, and those
 * without, whose negatives wrap.
 */
final class SimplifyElementwise {
  private SimplifyElementwise() {}

  private interface Rule {
    Optional<Value> apply(RuleRewriter r, List<Value> in);
  }

  private static final Map<ElementwiseRow, Rule> RULES =
      Map.ofEntries(
          entry(Rows.ADD, SimplifyElementwise::add),
          entry(Rows.SUB, SimplifyElementwise::sub),
          entry(Rows.MUL, SimplifyElementwise::mul),
          entry(Rows.DIV, SimplifyElementwise::div),
          entry(Rows.NEG, SimplifyElementwise::neg),
          entry(Rows.ABS, SimplifyElementwise::abs),
          entry(Rows.POW, SimplifyElementwise::pow),
          entry(Rows.MAX, (r, in) -> extreme(in, Double.NEGATIVE_INFINITY)),
          entry(Rows.MIN, (r, in) -> extreme(in, Double.POSITIVE_INFINITY)),
          entry(Rows.SIGN, (r, in) -> idempotent(r, Rows.SIGN, in)),
          entry(Rows.FLOOR, SimplifyElementwise::rounding),
          entry(Rows.CEIL, SimplifyElementwise::rounding),
          entry(Rows.ROUND, SimplifyElementwise::rounding),
          entry(Rows.TRUNCATE, SimplifyElementwise::rounding),
          entry(Rows.AND, (r, in) -> bits(in, 0)),
          entry(Rows.OR, (r, in) -> bits(in, -1)),
          entry(Rows.XOR, SimplifyElementwise::xor),
          entry(Rows.NOT, SimplifyElementwise::not),
          entry(Rows.SELECT, SimplifyElementwise::select));

  static Optional<Value> row(RuleRewriter r, ElementwiseRow row, List<Value> in) {
    if (row.has(Flag.COMMUTATIVE) && in.get(0) instanceof Lit && !(in.get(1) instanceof Lit)) {
      return Optional.of(r.apply1(row, in.get(1), in.get(0)));
    }
    Rule rule = RULES.get(row);
    Optional<Value> simpler = rule == null ? Optional.empty() : rule.apply(r, in);
    return simpler.isPresent() ? simpler : underBroadcast(r, row, in);
  }

  // x + -0 = x, x + -y = x - y, -x + y = y - x
  private static Optional<Value> add(RuleRewriter r, List<Value> in) {
    Value x = in.get(0);
    Value y = in.get(1);
    if (RuleRewriter.is(y, -0.0)) {
      return Optional.of(x);
    }
    if (r.is(y, Rows.NEG)) {
      return Optional.of(r.apply1(Rows.SUB, x, r.arg(y, 0)));
    }
    if (r.is(x, Rows.NEG)) {
      return Optional.of(r.apply1(Rows.SUB, y, r.arg(x, 0)));
    }
    return Optional.empty();
  }

  // x - 0 = x, -0 - x = -x, x - -y = x + y; for integers x - x = 0
  private static Optional<Value> sub(RuleRewriter r, List<Value> in) {
    Value x = in.get(0);
    Value y = in.get(1);
    if (RuleRewriter.is(y, 0)) {
      return Optional.of(x);
    }
    if (RuleRewriter.is(x, -0.0)) {
      return Optional.of(r.apply1(Rows.NEG, y));
    }
    if (r.is(y, Rows.NEG)) {
      return Optional.of(r.apply1(Rows.ADD, x, r.arg(y, 0)));
    }
    if (x.equals(y) && x.type().dtype().isInteger()) {
      return Optional.of(Lit.zero(x.type()));
    }
    return Optional.empty();
  }

  // x · 1 = x, x · -1 = -x, -x · c = x · -c, -x · -y = x · y; for integers x · 0 = 0
  private static Optional<Value> mul(RuleRewriter r, List<Value> in) {
    Value x = in.get(0);
    Value y = in.get(1);
    if (RuleRewriter.is(y, 1)) {
      return Optional.of(x);
    }
    if (RuleRewriter.is(y, -1)) {
      return Optional.of(r.apply1(Rows.NEG, x));
    }
    if (RuleRewriter.is(y, 0) && y.type().dtype().isInteger()) {
      return Optional.of(y);
    }
    if (r.is(x, Rows.NEG) && y instanceof Lit c) {
      return Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), negated(c)));
    }
    if (r.is(x, Rows.NEG) && r.is(y, Rows.NEG)) {
      return Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), r.arg(y, 0)));
    }
    return Optional.empty();
  }

  // x / 1 = x, x / -1 = -x, x / 2^k = x · 2^-k
  private static Optional<Value> div(RuleRewriter r, List<Value> in) {
    Value x = in.get(0);
    Value y = in.get(1);
    if (RuleRewriter.is(y, 1)) {
      return Optional.of(x);
    }
    if (RuleRewriter.is(y, -1)) {
      return Optional.of(r.apply1(Rows.NEG, x));
    }
    if (y instanceof Lit c && c.type().dtype().isFloat() && hasExactReciprocal(c)) {
      return Optional.of(r.apply1(Rows.MUL, x, Lit.of(c.type(), 1 / c.asDouble())));
    }
    return Optional.empty();
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

  // -(-x) = x, -(x · c) = x · -c
  private static Optional<Value> neg(RuleRewriter r, List<Value> in) {
    Value x = in.getFirst();
    if (r.is(x, Rows.NEG)) {
      return Optional.of(r.arg(x, 0));
    }
    if (r.is(x, Rows.MUL) && r.arg(x, 1) instanceof Lit c) {
      return Optional.of(r.apply1(Rows.MUL, r.arg(x, 0), negated(c)));
    }
    return Optional.empty();
  }

  private static Lit negated(Lit c) {
    return c.type().dtype().isFloat()
        ? Lit.of(c.type(), -c.asDouble())
        : Lit.ofLong(c.type(), -c.asLong());
  }

  // |x| = x of a type without signs, where -x wraps; |-x| = |x|, ||x|| = |x| of the others
  private static Optional<Value> abs(RuleRewriter r, List<Value> in) {
    Value x = in.getFirst();
    if (x.type().dtype() == DType.U8) {
      return Optional.of(x);
    }
    return r.is(x, Rows.NEG)
        ? Optional.of(r.apply1(Rows.ABS, r.arg(x, 0)))
        : idempotent(r, Rows.ABS, in);
  }

  // x^1 = x, x^2 = x · x, x^0 = 1 even for NaN
  private static Optional<Value> pow(RuleRewriter r, List<Value> in) {
    Value x = in.get(0);
    Value y = in.get(1);
    if (RuleRewriter.is(y, 1)) {
      return Optional.of(x);
    }
    if (RuleRewriter.is(y, 2)) {
      return Optional.of(r.apply1(Rows.MUL, x, x));
    }
    return y instanceof Lit c && c.is(0) ? Optional.of(Lit.one(x.type())) : Optional.empty();
  }

  // max(x, x) = x, max(x, -∞) = x
  private static Optional<Value> extreme(List<Value> in, double neutral) {
    Value x = in.get(0);
    Value y = in.get(1);
    boolean same = x.equals(y) || (x.type().dtype().isFloat() && RuleRewriter.is(y, neutral));
    return same ? Optional.of(x) : Optional.empty();
  }

  private static Optional<Value> idempotent(RuleRewriter r, ElementwiseRow row, List<Value> in) {
    return r.is(in.getFirst(), row) ? Optional.of(in.getFirst()) : Optional.empty();
  }

  private static final Set<ElementwiseRow> ROUNDING =
      Set.of(Rows.FLOOR, Rows.CEIL, Rows.ROUND, Rows.TRUNCATE);

  // What has been rounded stays as it is.
  private static Optional<Value> rounding(RuleRewriter r, List<Value> in) {
    Value x = in.getFirst();
    return r.op(x) instanceof Elementwise e && ROUNDING.contains(e.row())
        ? Optional.of(x)
        : Optional.empty();
  }

  // x & 0 = 0, x & -1 = x, x & x = x, and their duals for |
  private static Optional<Value> bits(List<Value> in, long absorbing) {
    Value x = in.get(0);
    Value y = in.get(1);
    if (x.equals(y)) {
      return Optional.of(x);
    }
    if (y instanceof Lit c) {
      long ones = c.type().dtype().ofLong(-1);
      if (c.bits() == (absorbing & ones)) {
        return Optional.of(y);
      }
      if (c.bits() == (~absorbing & ones)) {
        return Optional.of(x);
      }
    }
    return Optional.empty();
  }

  // x ^ 0 = x, x ^ x = 0; for bools x ^ true = not x
  private static Optional<Value> xor(RuleRewriter r, List<Value> in) {
    Value x = in.get(0);
    Value y = in.get(1);
    if (x.equals(y)) {
      return Optional.of(Lit.zero(x.type()));
    }
    if (y instanceof Lit c && c.bits() == 0) {
      return Optional.of(x);
    }
    if (y instanceof Lit c && c.type().dtype() == DType.BOOL) {
      return Optional.of(r.apply1(Rows.NOT, x));
    }
    return Optional.empty();
  }

  // not not p = p; not (a = b) = (a ≠ b), but not (a < b) holds for NaN, where a ≥ b does not
  private static Optional<Value> not(RuleRewriter r, List<Value> in) {
    Value x = in.getFirst();
    if (r.is(x, Rows.NOT)) {
      return Optional.of(r.arg(x, 0));
    }
    if (r.is(x, Rows.EQ)) {
      return Optional.of(r.apply1(Rows.NE, r.arg(x, 0), r.arg(x, 1)));
    }
    if (r.is(x, Rows.NE)) {
      return Optional.of(r.apply1(Rows.EQ, r.arg(x, 0), r.arg(x, 1)));
    }
    return Optional.empty();
  }

  private static Optional<Value> select(RuleRewriter r, List<Value> in) {
    Value p = in.get(0);
    Value a = in.get(1);
    Value b = in.get(2);
    if (p instanceof Lit c) {
      return Optional.of(c.bits() != 0 ? a : b);
    }
    if (a.equals(b)) {
      return Optional.of(a);
    }
    if (r.is(p, Rows.NOT)) {
      return Optional.of(r.apply1(Rows.SELECT, r.arg(p, 0), b, a));
    }
    if (a.type().dtype() == DType.BOOL && a instanceof Lit && b instanceof Lit) {
      return Optional.of(RuleRewriter.is(a, 1) ? p : r.apply1(Rows.NOT, p));
    }
    return Optional.empty();
  }

  // f(broadcast x, broadcast y) = broadcast f(x, y), when both are repeated in the same way
  private static Optional<Value> underBroadcast(
      RuleRewriter r, ElementwiseRow row, List<Value> in) {
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
    Value y = r.apply(new Elementwise(row), narrow).getFirst();
    return Optional.of(r.apply1(common, y));
  }

  static Optional<Value> cast(RuleRewriter r, DType to, Value x) {
    DType from = x.type().dtype();
    if (from == to) {
      return Optional.of(x);
    }
    if (r.op(x) instanceof Cast && isOne(r.arg(x, 0).type().dtype(), from, to)) {
      return Optional.of(r.apply1(new Cast(to), r.arg(x, 0)));
    }
    if (r.op(x) instanceof Move.Broadcast b) {
      return Optional.of(r.apply1(b, r.apply1(new Cast(to), r.arg(x, 0))));
    }
    return Optional.empty();
  }

  // One cast gives what two do when nothing is lost on the way, and what does not fit is treated
  // alike: floats saturate to integers, and integers wrap.
  private static boolean isOne(DType from, DType by, DType to) {
    boolean saturates = by.isFloat() && to.isInteger();
    boolean alike = from.isFloat() || !saturates || from == to || isExact(from, to);
    return isExact(from, by) && alike;
  }

  /** True when every value of {@code from} is one of {@code to}. */
  private static boolean isExact(DType from, DType to) {
    return switch (from) {
      case BOOL -> true;
      case F16, BF16 -> to == DType.F32 || to == DType.F64;
      case F32 -> to == DType.F64;
      case I8, U8 -> to.isFloat() || (to.isInteger() && to.bytes() > 1);
      case I16 -> to == DType.I32 || to == DType.I64 || to == DType.F32 || to == DType.F64;
      case I32 -> to == DType.I64 || to == DType.F64;
      case F64, I64 -> false;
    };
  }
}
