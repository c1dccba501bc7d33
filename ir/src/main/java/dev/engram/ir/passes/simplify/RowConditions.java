package dev.engram.ir.passes.simplify;

import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.Optional;

/** What rules of rows ask of their operands. */
final class RowConditions {
  private RowConditions() {}

  static Optional<Value> when(boolean fits, Value simpler) {
    return fits ? Optional.of(simpler) : Optional.empty();
  }

  static boolean is(Value v, double value) {
    return RuleRewriter.is(v, value);
  }

  static boolean isInteger(Value v) {
    return v.type().dtype().isInteger();
  }

  static boolean isFloat(Value v) {
    return v.type().dtype().isFloat();
  }

  static Lit negated(Lit c) {
    return c.type().dtype().isFloat()
        ? Lit.of(c.type(), -c.asDouble())
        : Lit.ofLong(c.type(), -c.asLong());
  }
}
