package dev.engram.ir.passes.simplify;

import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.Graphs;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rules for conditionals. */
final class SimplifyCond {
  private SimplifyCond() {}

  private enum Rule implements EnumRule {
    COND_KNOWN("cond(true) = its first branch, cond(false) = its second"),
    COND_NOT("cond(not p) = cond(p) with its branches exchanged"),
    COND_LITERAL("an operand that is a literal stands in the branches"),
    COND_KNOWN_RESULT(
        "a result that is the same operand or literal in both branches is known outside");

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
      Control.Cond op = (Control.Cond) s.op();
      List<Value> in = s.in();
      List<Value> operands = in.subList(1, in.size());
      return switch (this) {
        case COND_KNOWN ->
            in.getFirst() instanceof Lit p
                ? Optional.of(r.inline(p.bits() != 0 ? op.onTrue() : op.onFalse(), operands))
                : Optional.empty();
        case COND_NOT ->
            r.is(in.getFirst(), Rows.NOT) ? Optional.of(swapped(r, op, in)) : Optional.empty();
        case COND_LITERAL ->
            hasLiteral(operands) ? Optional.of(withLiteralsInside(r, op, in)) : Optional.empty();
        case COND_KNOWN_RESULT -> withoutKnownResults(r, op, in);
      };
    }
  }

  static final List<RewriteRule> RULES = EnumRule.tableAfterNoElements(Rule.values());

  private static boolean hasLiteral(List<Value> values) {
    return values.stream().anyMatch(Lit.class::isInstance);
  }

  private static List<Value> swapped(RuleRewriter r, Control.Cond op, List<Value> in) {
    List<Value> swapped = new ArrayList<>(in);
    swapped.set(0, r.arg(in.getFirst(), 0));
    return r.apply(new Control.Cond(op.onFalse(), op.onTrue()), swapped);
  }

  private static List<Value> withLiteralsInside(RuleRewriter r, Control.Cond op, List<Value> in) {
    Map<Value, Value> onTrue = new HashMap<>();
    Map<Value, Value> onFalse = new HashMap<>();
    List<Value> left = new ArrayList<>();
    left.add(in.getFirst());
    for (int i = 1; i < in.size(); i++) {
      if (in.get(i) instanceof Lit lit) {
        onTrue.put(op.onTrue().params().get(i - 1).var(), lit);
        onFalse.put(op.onFalse().params().get(i - 1).var(), lit);
      } else {
        left.add(in.get(i));
      }
    }
    return r.apply(
        new Control.Cond(
            Graphs.replace(op.onTrue(), onTrue), Graphs.replace(op.onFalse(), onFalse)),
        left);
  }

  /** Results that are one operand, or one literal, in both branches. */
  private static Optional<List<Value>> withoutKnownResults(
      RuleRewriter r, Control.Cond op, List<Value> in) {
    Map<Integer, Value> known = new HashMap<>();
    List<Value> trueOuts = new ArrayList<>();
    List<Value> falseOuts = new ArrayList<>();
    for (int i = 0; i < op.onTrue().outs().size(); i++) {
      Optional<Value> t = outside(op.onTrue(), i, in);
      if (t.isPresent() && t.equals(outside(op.onFalse(), i, in))) {
        known.put(i, t.get());
      } else {
        trueOuts.add(op.onTrue().outs().get(i));
        falseOuts.add(op.onFalse().outs().get(i));
      }
    }
    if (known.isEmpty()) {
      return Optional.empty();
    }
    List<Value> computed =
        new ArrayList<>(
            r.apply(
                new Control.Cond(
                    withOuts(op.onTrue(), trueOuts), withOuts(op.onFalse(), falseOuts)),
                in));
    List<Value> all = new ArrayList<>();
    for (int i = 0; i < op.onTrue().outs().size(); i++) {
      all.add(known.containsKey(i) ? known.get(i) : computed.removeFirst());
    }
    return Optional.of(all);
  }

  /** Result {@code i} of a branch where it is a value of the caller or a literal. */
  private static Optional<Value> outside(Graph branch, int i, List<Value> in) {
    Value v = branch.outs().get(i);
    for (int k = 0; k < branch.params().size(); k++) {
      if (branch.params().get(k).var().equals(v)) {
        return Optional.of(in.get(k + 1));
      }
    }
    return v instanceof Lit ? Optional.of(v) : Optional.empty();
  }

  private static Graph withOuts(Graph g, List<Value> outs) {
    return new Graph(g.name(), g.params(), g.eqns(), outs);
  }
}
