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

  static final List<RewriteRule> RULES =
      NoElements.and(
          RewriteRule.of(
              "dotOfLeftTranspose",
              "dot(transpose(x), y) = dot(x, y) along other axes",
              Dot.class,
              (r, op, s) -> leftTransposed(r, op, s.in(0), s.in(1))),
          RewriteRule.of(
              "dotOfRightTranspose",
              "dot(x, transpose(y)) = dot(x, y) along other axes",
              Dot.class,
              (r, op, s) -> rightTransposed(r, op, s.in(0), s.in(1))),
          RewriteRule.of(
              "dotSharedRight",
              "dot(x, broadcast(y)) = dot(x, y), where y is the same for the whole batch",
              Dot.class,
              (r, op, s) ->
                  r.op(s.in(1)) instanceof Move.Broadcast b
                      ? sharedRight(r, op, s.in(0), b, r.arg(s.in(1), 0))
                      : Optional.empty()));

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
