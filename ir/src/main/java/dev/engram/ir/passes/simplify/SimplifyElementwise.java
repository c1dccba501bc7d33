package dev.engram.ir.passes.simplify;

import static java.util.Map.entry;

import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.ElementwiseRow.Flag;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rules for rows: those of any row, and which row has which of its own. */
final class SimplifyElementwise {
  private SimplifyElementwise() {}

  private static final RewriteRule LITERAL_LAST =
      RewriteRule.of(
          "literalLast",
          "f(c, x) = f(x, c), of commutative rows",
          Elementwise.class,
          (r, op, s) ->
              s.in(0) instanceof Lit && !(s.in(1) instanceof Lit)
                  ? Optional.of(r.apply1(op, s.in(1), s.in(0)))
                  : Optional.empty());

  private static final RewriteRule UNDER_BROADCAST =
      RewriteRule.of(
          "rowOfBroadcast",
          "f(broadcast(x), broadcast(y)) = broadcast(f(x, y)), both repeated in the same way",
          Elementwise.class,
          (r, op, s) -> underBroadcast(r, op, s.in()));

  private static final Map<ElementwiseRow, List<RewriteRule>> OWN =
      Map.ofEntries(
          entry(Rows.ADD, RowRule.ADD),
          entry(Rows.SUB, RowRule.SUB),
          entry(Rows.MUL, RowRule.MUL),
          entry(Rows.DIV, RowRule.DIV),
          entry(Rows.NEG, RowRule.NEG),
          entry(Rows.ABS, RowRule.ABS),
          entry(Rows.POW, RowRule.POW),
          entry(Rows.MAX, RowRule.MAX),
          entry(Rows.MIN, RowRule.MIN),
          entry(Rows.SIGN, RowRule.SIGN),
          entry(Rows.FLOOR, RowRule.ROUNDING),
          entry(Rows.CEIL, RowRule.ROUNDING),
          entry(Rows.ROUND, RowRule.ROUNDING),
          entry(Rows.TRUNCATE, RowRule.ROUNDING),
          entry(Rows.AND, LogicRule.AND),
          entry(Rows.OR, LogicRule.OR),
          entry(Rows.XOR, LogicRule.XOR),
          entry(Rows.NOT, LogicRule.NOT),
          entry(Rows.SELECT, LogicRule.SELECT));

  /** All, in the order of the documentation. */
  static final List<RewriteRule> RULES =
      Stream.of(
              List.of(LITERAL_LAST),
              RowRule.ADD,
              RowRule.SUB,
              RowRule.MUL,
              RowRule.DIV,
              RowRule.NEG,
              RowRule.ABS,
              RowRule.POW,
              RowRule.MAX,
              RowRule.MIN,
              RowRule.SIGN,
              RowRule.ROUNDING,
              LogicRule.AND,
              LogicRule.OR,
              LogicRule.XOR,
              LogicRule.NOT,
              LogicRule.SELECT,
              List.of(UNDER_BROADCAST))
          .flatMap(List::stream)
          .toList();

  private static final List<RewriteRule> OTHERS = NoElements.and(UNDER_BROADCAST);
  private static final List<RewriteRule> OTHERS_COMMUTATIVE =
      NoElements.and(LITERAL_LAST, UNDER_BROADCAST);

  private static final Map<ElementwiseRow, List<RewriteRule>> TABLES =
      OWN.entrySet().stream()
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, SimplifyElementwise::table));

  private static List<RewriteRule> table(Map.Entry<ElementwiseRow, List<RewriteRule>> own) {
    List<RewriteRule> all = new ArrayList<>();
    if (own.getKey().has(Flag.COMMUTATIVE)) {
      all.add(LITERAL_LAST);
    }
    all.addAll(own.getValue());
    all.add(UNDER_BROADCAST);
    return NoElements.and(all);
  }

  /** The rules for uses of {@code row}. */
  static List<RewriteRule> of(ElementwiseRow row) {
    List<RewriteRule> table = TABLES.get(row);
    return table != null ? table : row.has(Flag.COMMUTATIVE) ? OTHERS_COMMUTATIVE : OTHERS;
  }

  // f(broadcast x, broadcast y) = broadcast f(x, y), when both are repeated in the same way
  private static Optional<Value> underBroadcast(RuleRewriter r, Elementwise op, List<Value> in) {
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
    Value y = r.apply(op, narrow).getFirst();
    return Optional.of(r.apply1(common, y));
  }
}
