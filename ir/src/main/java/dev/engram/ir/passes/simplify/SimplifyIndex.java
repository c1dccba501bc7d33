package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowConditions.when;

import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
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

  private enum Rule implements EnumRule {
    GATHER_OF_LITERAL("gather(c, i) = c"),
    SCATTER_OF_NOTHING("scatter(x, i, u) = x, where u has no elements"),
    DYNAMIC_SLICE_KNOWN("dynamicSlice(x, i) = slice(x), where i is known or there is no choice"),
    DYNAMIC_UPDATE_OF_ALL("dynamicUpdate(x, u, i) = u, where u has the size of x"),
    DYNAMIC_UPDATE_OF_NOTHING("dynamicUpdate(x, u, i) = x, where u has no elements"),
    ARG_SORT_OF_LITERAL("argSort(c) = 0, 1, …");

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
      return simpler(r, (Index) s.op(), s.in(0), s).map(List::of);
    }

    private Optional<Value> simpler(RuleRewriter r, Index op, Value x, RewriteRule.Site s) {
      TensorType out = s.types().getFirst();
      return switch (this) {
        case GATHER_OF_LITERAL ->
            x instanceof Lit c ? Optional.of(new Lit(out, c.bits())) : Optional.empty();
        case SCATTER_OF_NOTHING -> when(s.in(2).type().size() == 0, x);
        case DYNAMIC_SLICE_KNOWN -> dynamicSlice(r, (Index.DynamicSlice) op, s.in());
        case DYNAMIC_UPDATE_OF_ALL -> when(s.in(1).type().equals(x.type()), s.in(1));
        case DYNAMIC_UPDATE_OF_NOTHING -> when(s.in(1).type().size() == 0, x);
        // Equal elements keep their order.
        case ARG_SORT_OF_LITERAL ->
            x instanceof Lit && op instanceof Index.ArgSort a
                ? Optional.of(r.apply1(new Source.Iota(out, a.axis())))
                : Optional.empty();
      };
    }
  }

  private static final List<RewriteRule> GATHER =
      EnumRule.tableAfterNoElements(Rule.GATHER_OF_LITERAL);
  private static final List<RewriteRule> SCATTER =
      EnumRule.tableAfterNoElements(Rule.SCATTER_OF_NOTHING);
  private static final List<RewriteRule> DYNAMIC_SLICE =
      EnumRule.tableAfterNoElements(Rule.DYNAMIC_SLICE_KNOWN);
  private static final List<RewriteRule> DYNAMIC_UPDATE =
      EnumRule.tableAfterNoElements(Rule.DYNAMIC_UPDATE_OF_ALL, Rule.DYNAMIC_UPDATE_OF_NOTHING);
  private static final List<RewriteRule> ARG_SORT =
      EnumRule.tableAfterNoElements(Rule.ARG_SORT_OF_LITERAL);

  /** Of all ops of the family, for the documentation. */
  static List<RewriteRule> rules() {
    return Stream.of(GATHER, SCATTER, DYNAMIC_SLICE, DYNAMIC_UPDATE, ARG_SORT)
        .flatMap(List::stream)
        .toList();
  }

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
