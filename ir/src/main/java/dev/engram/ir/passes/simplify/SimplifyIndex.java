package dev.engram.ir.passes.simplify;

import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Rules for reads and writes at positions that turn out to be known. */
final class SimplifyIndex {
  private SimplifyIndex() {}

  private static final List<RewriteRule> GATHER =
      NoElements.and(
          RewriteRule.of(
              "gatherOfLiteral",
              "gather(c, i) = c",
              Index.Gather.class,
              (_, _, s) ->
                  s.in(0) instanceof Lit c
                      ? Optional.of(new Lit(s.types().getFirst(), c.bits()))
                      : Optional.empty()));

  private static final List<RewriteRule> SCATTER =
      NoElements.and(
          RewriteRule.operand(
              "scatterOfNothing",
              "scatter(x, i, u) = x, where u has no elements",
              s -> s.in(2).type().size() == 0));

  private static final List<RewriteRule> DYNAMIC_SLICE =
      NoElements.and(
          RewriteRule.of(
              "dynamicSliceKnown",
              "dynamicSlice(x, i) = slice(x), where i is known or there is no choice",
              Index.DynamicSlice.class,
              (r, op, s) -> dynamicSlice(r, op, s.in())));

  private static final List<RewriteRule> DYNAMIC_UPDATE =
      NoElements.and(
          RewriteRule.of(
              "dynamicUpdateOfAll",
              "dynamicUpdate(x, u, i) = u, where u has the size of x",
              Index.DynamicUpdate.class,
              (_, _, s) ->
                  s.in(1).type().equals(s.in(0).type()) ? Optional.of(s.in(1)) : Optional.empty()),
          RewriteRule.operand(
              "dynamicUpdateOfNothing",
              "dynamicUpdate(x, u, i) = x, where u has no elements",
              s -> s.in(1).type().size() == 0));

  // Equal elements keep their order.
  private static final List<RewriteRule> ARG_SORT =
      NoElements.and(
          RewriteRule.of(
              "argSortOfLiteral",
              "argSort(c) = 0, 1, …",
              Index.ArgSort.class,
              (r, op, s) ->
                  s.in(0) instanceof Lit
                      ? Optional.of(r.apply1(new Source.Iota(s.types().getFirst(), op.axis())))
                      : Optional.empty()));

  static final List<RewriteRule> RULES =
      Stream.of(GATHER, SCATTER, DYNAMIC_SLICE, DYNAMIC_UPDATE, ARG_SORT)
          .flatMap(List::stream)
          .toList();

  static List<RewriteRule> of(Index op) {
    return switch (op) {
      case Index.Gather _ -> GATHER;
      case Index.Scatter _ -> SCATTER;
      case Index.DynamicSlice _ -> DYNAMIC_SLICE;
      case Index.DynamicUpdate _ -> DYNAMIC_UPDATE;
      case Index.ArgSort _ -> ARG_SORT;
    };
  }

  private static Optional<Value> dynamicSlice(
      RuleRewriter r, Index.DynamicSlice op, List<Value> in) {
    Value x = in.getFirst();
    List<Integer> start = new ArrayList<>();
    List<Integer> limit = new ArrayList<>();
    for (int a = 0; a < x.type().rank(); a++) {
      int size = op.sizes().dim(a);
      int room = x.type().shape().dim(a) - size;
      if (room > 0 && !(x instanceof Lit) && !(in.get(a + 1) instanceof Lit)) {
        return Optional.empty();
      }
      int from = in.get(a + 1) instanceof Lit at ? Math.clamp(at.asLong(), 0, room) : 0;
      start.add(from);
      limit.add(from + size);
    }
    return Optional.of(
        r.apply1(new Move.Slice(start, limit, Collections.nCopies(start.size(), 1)), x));
  }
}
