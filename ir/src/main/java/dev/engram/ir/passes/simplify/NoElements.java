package dev.engram.ir.passes.simplify;

import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Op;
import dev.engram.ir.passes.rewrite.RewriteRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rule that comes before all others, for ops of any kind. */
final class NoElements {
  private NoElements() {}

  static final RewriteRule RULE =
      new RewriteRule(
          "noElements",
          "op(…) = 0, where no result has an element and nothing in it can stop the run",
          (_, s) -> results(s));

  /** A table: this rule, then {@code rules}. */
  static List<RewriteRule> and(RewriteRule... rules) {
    return and(List.of(rules));
  }

  static List<RewriteRule> and(List<RewriteRule> rules) {
    List<RewriteRule> all = new ArrayList<>();
    all.add(RULE);
    all.addAll(rules);
    return List.copyOf(all);
  }

  private static Optional<List<Value>> results(RewriteRule.Site s) {
    for (TensorType t : s.types()) {
      if (t.size() > 0) {
        return Optional.empty();
      }
    }
    return s.types().isEmpty() || (holdsOps(s.op()) && s.effects().contains(Effect.CHECK))
        ? Optional.empty()
        : Optional.of(s.types().stream().<Value>map(Lit::zero).toList());
  }

  private static boolean holdsOps(Op op) {
    return op instanceof Control || op instanceof Custom;
  }
}
