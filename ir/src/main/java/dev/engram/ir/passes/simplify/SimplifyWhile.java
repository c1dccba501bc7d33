package dev.engram.ir.passes.simplify;

import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.rewrite.Graphs;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rules for while loops: those that never run, and what the loop does not change. */
final class SimplifyWhile {
  private final Control.While op;
  private final List<Value> in;

  /** Literals for parameters of the condition and of the body, by position. */
  private final Map<Integer, Lit> known = new HashMap<>();

  private final List<Integer> consts = new ArrayList<>();
  private final List<Integer> carries = new ArrayList<>();

  private SimplifyWhile(Control.While op, List<Value> in) {
    this.op = op;
    this.in = in;
  }

  private enum Rule implements EnumRule {
    WHILE_NEVER("while that never runs = the carries as they are"),
    WHILE_FIXED(
        "a carry that the loop does not change is a constant of it; a constant that is a literal"
            + " stands inside");

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
      Control.While op = (Control.While) s.op();
      return switch (this) {
        case WHILE_NEVER ->
            neverRuns(op)
                ? Optional.of(s.in().subList(op.consts(), s.in().size()))
                : Optional.empty();
        case WHILE_FIXED -> new SimplifyWhile(op, s.in()).simpler(r);
      };
    }
  }

  static final List<RewriteRule> RULES = EnumRule.tableAfterNoElements(Rule.values());

  private static boolean neverRuns(Control.While op) {
    boolean never = op.condition().outs().getFirst() instanceof Lit lit && lit.bits() == 0;
    return never || op.bound().filter(b -> b == 0).isPresent();
  }

  private Optional<List<Value>> simpler(RuleRewriter r) {
    for (int i = 0; i < in.size(); i++) {
      boolean fixed = i < op.consts() || isUnchanged(i);
      if (fixed && in.get(i) instanceof Lit lit) {
        known.put(i, lit);
      } else {
        (fixed ? consts : carries).add(i);
      }
    }
    if (carries.size() == op.carry() && known.isEmpty()) {
      return Optional.empty();
    }
    List<Value> operands = new ArrayList<>();
    consts.forEach(i -> operands.add(in.get(i)));
    carries.forEach(i -> operands.add(in.get(i)));
    List<Value> nexts = carries.stream().map(i -> op.body().outs().get(i - op.consts())).toList();
    Control.While smaller =
        op.with(part(op.condition(), op.condition().outs()), part(op.body(), nexts), consts.size());
    List<Value> left = r.apply(smaller, operands);
    List<Value> out = new ArrayList<>();
    for (int i = op.consts(); i < in.size(); i++) {
      int at = carries.indexOf(i);
      out.add(at < 0 ? in.get(i) : left.get(at));
    }
    return Optional.of(out);
  }

  private boolean isUnchanged(int i) {
    Value next = op.body().outs().get(i - op.consts());
    return next.equals(op.body().params().get(i).var())
        || (next instanceof Lit && next.equals(in.get(i)));
  }

  private Graph part(Graph g, List<Value> outs) {
    List<Param> params = new ArrayList<>();
    consts.forEach(i -> params.add(g.params().get(i)));
    carries.forEach(i -> params.add(g.params().get(i)));
    Map<Value, Value> replaced = new HashMap<>();
    known.forEach((i, lit) -> replaced.put(g.params().get(i).var(), lit));
    return Graphs.replace(new Graph(g.name(), params, g.eqns(), outs), replaced);
  }
}
