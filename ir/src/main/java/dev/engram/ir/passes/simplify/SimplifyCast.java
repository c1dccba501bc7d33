package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowConditions.when;

import dev.engram.ir.DType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.List;
import java.util.Optional;

/** Rules for casts. */
final class SimplifyCast {
  private SimplifyCast() {}

  private enum Rule implements EnumRule {
    CAST_TO_SAME("cast(x) = x, where x has the type already"),
    CAST_TWICE("cast(cast(x)) = cast(x), where nothing is lost on the way"),
    CAST_OF_BROADCAST("cast(broadcast(x)) = broadcast(cast(x))");

    private final String says;

    Rule(String says) {
      this.says = says;
    }

    @Override
    public String says() {
      return says;
    }

    @Override
    public Optional<List<Value>> at(RuleRewriter r, RewriteRule.Site s) {
      Cast op = (Cast) s.op();
      Value x = s.in(0);
      Optional<Value> simpler =
          switch (this) {
            case CAST_TO_SAME -> when(x.type().equals(s.types().getFirst()), x);
            case CAST_TWICE -> twice(r, op, x);
            case CAST_OF_BROADCAST ->
                r.op(x) instanceof Move.Broadcast b
                    ? Optional.of(r.apply1(b, r.apply1(op, r.arg(x, 0))))
                    : Optional.empty();
          };
      return simpler.map(List::of);
    }
  }

  static final List<RewriteRule> RULES = EnumRule.tableAfterNoElements(Rule.values());

  private static Optional<Value> twice(RuleRewriter r, Cast op, Value x) {
    return r.op(x) instanceof Cast by && isOne(r.arg(x, 0).type().dtype(), by.to(), op.to())
        ? Optional.of(r.apply1(op, r.arg(x, 0)))
        : Optional.empty();
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
