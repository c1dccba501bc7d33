package dev.engram.ir.passes.simplify;

import dev.engram.ir.Value;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.List;
import java.util.Optional;

/** How rules of rows are written: by their operands. */
final class RowRules {
  private RowRules() {}

  interface Unary {
    Optional<Value> at(RuleRewriter r, Value x);
  }

  interface Binary {
    Optional<Value> at(RuleRewriter r, Value x, Value y);
  }

  static RewriteRule unary(String name, String says, Unary attempt) {
    return new RewriteRule(name, says, (r, s) -> attempt.at(r, s.in(0)).map(List::of));
  }

  static RewriteRule binary(String name, String says, Binary attempt) {
    return new RewriteRule(name, says, (r, s) -> attempt.at(r, s.in(0), s.in(1)).map(List::of));
  }

  static Optional<Value> when(boolean fits, Value simpler) {
    return fits ? Optional.of(simpler) : Optional.empty();
  }

  static boolean is(Value v, double value) {
    return RuleRewriter.is(v, value);
  }

  static boolean isInteger(Value v) {
    return v.type().dtype().isInteger();
  }
}
