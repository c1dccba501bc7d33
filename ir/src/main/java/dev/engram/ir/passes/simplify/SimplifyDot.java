package dev.engram.ir.passes.simplify;

import dev.engram.ir.Value;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rules for contractions: what is only moved before a contraction is read in place by it. */
final class SimplifyDot {
  private SimplifyDot() {}

  private enum Rule implements EnumRule {
    DOT_OF_LEFT_TRANSPOSE("dot(transpose(x), y) = dot(x, y) along other axes"),
    DOT_OF_RIGHT_TRANSPOSE("dot(x, transpose(y)) = dot(x, y) along other axes"),
    DOT_SHARED_RIGHT("dot(x, broadcast(y)) = dot(x, y), where y is the same for the whole batch");

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
      Dot op = (Dot) s.op();
      Value x = s.in(0);
      Value y = s.in(1);
      Optional<Value> simpler =
          switch (this) {
            case DOT_OF_LEFT_TRANSPOSE -> leftTransposed(r, op, x, y);
            case DOT_OF_RIGHT_TRANSPOSE -> rightTransposed(r, op, x, y);
            case DOT_SHARED_RIGHT ->
                r.op(y) instanceof Move.Broadcast b
                    ? sharedRight(r, op, x, b, r.arg(y, 0))
                    : Optional.empty();
          };
      return simpler.map(List::of);
    }
  }

  static final List<RewriteRule> RULES = EnumRule.tableAfterNoElements(Rule.values());

  private static Optional<Value> leftTransposed(RuleRewriter r, Dot op, Value l, Value y) {
    if (!(r.op(l) instanceof Move.Transpose t)
        || !keepsOrder(op.lhsFree(l.type().rank()), t.perm())) {
      return Optional.empty();
    }
    Dot dims =
        new Dot(
            permuted(op.lhsContract(), t),
            op.rhsContract(),
            permuted(op.lhsBatch(), t),
            op.rhsBatch());
    return Optional.of(r.apply1(dims, r.arg(l, 0), y));
  }

  private static Optional<Value> rightTransposed(RuleRewriter r, Dot op, Value l, Value y) {
    if (!(r.op(y) instanceof Move.Transpose t)
        || !keepsOrder(op.rhsFree(y.type().rank()), t.perm())) {
      return Optional.empty();
    }
    Dot dims =
        new Dot(
            op.lhsContract(),
            permuted(op.rhsContract(), t),
            op.lhsBatch(),
            permuted(op.rhsBatch(), t));
    return Optional.of(r.apply1(dims, l, r.arg(y, 0)));
  }

  private static List<Integer> permuted(List<Integer> axes, Move.Transpose t) {
    return axes.stream().map(t.perm()::get).toList();
  }

  private static boolean keepsOrder(List<Integer> free, List<Integer> perm) {
    return SimplifyReduce.isAscending(free.stream().map(perm::get).toList());
  }

  // A right operand that is the same for every batch: its batch axes are free axes of the left.
  // y[b,i,j] = Σ_k l[b,i,k] w[k,j]
  private static Optional<Value> sharedRight(
      RuleRewriter r, Dot op, Value l, Move.Broadcast b, Value w) {
    List<Integer> fresh = new ArrayList<>();
    for (int a = 0; a < b.shape().rank(); a++) {
      if (!b.axes().contains(a)) {
        fresh.add(a);
      }
    }
    if (!op.rhsBatch().equals(fresh)) {
      return Optional.empty();
    }
    List<Integer> order = new ArrayList<>(op.lhsBatch());
    order.addAll(op.lhsFree(l.type().rank()));
    if (!SimplifyReduce.isAscending(order)) {
      return Optional.empty();
    }
    List<Integer> contract = op.rhsContract().stream().map(b.axes()::indexOf).toList();
    return Optional.of(r.apply1(new Dot(op.lhsContract(), contract, List.of(), List.of()), l, w));
  }
}
