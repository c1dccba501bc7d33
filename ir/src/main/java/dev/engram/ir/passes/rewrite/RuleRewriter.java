package dev.engram.ir.passes.rewrite;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Op;
import dev.engram.ir.passes.RuleFiring;
import dev.engram.ir.passes.RuleListener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A graph being rebuilt by rules that look at how operands were made. Rules answer in {@link
 * #apply}, which tries rules again. Not a {@link dev.engram.ir.passes.GraphRewriter}: it remembers
 * how each value of the new graph is made, and names the old ones for those who listen.
 */
public final class RuleRewriter {

  /**
   * The rules for {@code op}, in the order in which they are tried; the first that fits is used.
   */
  @FunctionalInterface
  public interface Rules {
    List<RewriteRule> of(Op op);
  }

  private final Graph before;
  private final Builder builder;
  private final Rules rules;
  private final RuleListener listener;
  private final Map<Value, Eqn> defs = new HashMap<>();
  private final Map<Value, Value> map = new HashMap<>();
  private SourceLocation where = SourceLocation.UNKNOWN;
  private boolean changed;

  /** How many rules are being tried, each inside the one before. */
  private int depth;

  /** Made only for those who listen. */
  private @Nullable FiringText text;

  private RuleRewriter(Graph before, Rules rules, RuleListener listener) {
    this.before = before;
    this.builder = new Builder(before.name());
    this.rules = rules;
    this.listener = listener;
    this.text = Graphs.isSame(listener, RuleListener.NONE) ? null : new FiringText(before, defs);
  }

  /** {@code g} with the rules applied wherever they fit; {@code g} itself where none does. */
  public static Graph run(Graph g, Rules rules, RuleListener listener) {
    RuleRewriter r = new RuleRewriter(g, rules, listener);
    for (Param p : g.params()) {
      r.map(p.var(), r.builder.param(p), r.map);
    }
    r.eqns(g, r.map);
    return r.changed
        ? r.builder.build(g.outs().stream().map(v -> Builder.mapped(r.map, v)).toList())
        : g;
  }

  private void map(Var old, Value now, Map<Value, Value> values) {
    values.put(old, now);
    if (text != null && Graphs.isSame(values, map)) {
      text.standsFor(now, old);
    }
  }

  private void eqns(Graph g, Map<Value, Value> values) {
    for (Eqn e : g.eqns()) {
      where = e.where();
      builder.at(where);
      List<Value> in = e.inputs().stream().map(v -> Builder.mapped(values, v)).toList();
      Eqn inside = Graphs.mapInner(e, inner -> run(inner, rules, listener));
      changed |= !Graphs.isSame(inside, e);
      String results = text == null || !Graphs.isSame(values, map) ? "" : text.results(e) + " = ";
      List<TensorType> types = e.outputs().stream().map(Var::type).toList();
      List<Value> out =
          simpler(new RewriteRule.Site(inside.op(), in, types), results)
              .orElseGet(() -> defined(inside.op(), in, builder.copy(inside, in)));
      for (int i = 0; i < out.size(); i++) {
        map(e.outputs().get(i), out.get(i), values);
      }
    }
  }

  /** {@code op(in)}, simplified. */
  public List<Value> apply(Op op, List<Value> in) {
    List<TensorType> types = op.typeOf(in.stream().map(Value::type).toList());
    return simpler(new RewriteRule.Site(op, in, types), "")
        .orElseGet(() -> defined(op, in, builder.emit(op, in)));
  }

  private List<Value> defined(Op op, List<Value> in, List<Var> out) {
    Eqn e = new Eqn(op, in, out, where);
    out.forEach(v -> defs.put(v, e));
    return List.copyOf(out);
  }

  private Optional<List<Value>> simpler(RewriteRule.Site site, String results) {
    SourceLocation line = where;
    for (RewriteRule rule : rules.of(site.op())) {
      depth++;
      Optional<List<Value>> simpler = rule.attempt().at(this, site);
      depth--;
      if (simpler.isPresent()) {
        changed |= depth == 0;
        tell(rule, site, line, results, simpler.get());
        return simpler;
      }
    }
    return Optional.empty();
  }

  private void tell(
      RewriteRule rule,
      RewriteRule.Site site,
      SourceLocation line,
      String results,
      List<Value> simpler) {
    if (text != null) {
      listener.fired(
          new RuleFiring(
              rule.name(),
              before.name(),
              depth,
              results + text.of(site.op(), site.in()),
              text.of(simpler),
              line));
    }
  }

  /** {@code op(in)} for an op with one result, simplified. */
  public Value apply1(Op op, Value... in) {
    return apply(op, List.of(in)).getFirst();
  }

  public Value apply1(ElementwiseRow row, Value... in) {
    return apply1(new Elementwise(row), in);
  }

  /** The results of {@code g}, whose equations are added here. */
  public List<Value> inline(Graph g, List<Value> args) {
    Map<Value, Value> values = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      values.put(g.params().get(i).var(), args.get(i));
    }
    eqns(g, values);
    return g.outs().stream().map(v -> Builder.mapped(values, v)).toList();
  }

  /** The user's line of the equation that is being rewritten. */
  public SourceLocation where() {
    return where;
  }

  /** The op that makes {@code v}; null for parameters and literals. */
  @Nullable
  public Op op(Value v) {
    Eqn e = defs.get(v);
    return e == null ? null : e.op();
  }

  /** Operand {@code i} of the op that makes {@code v}. */
  public Value arg(Value v, int i) {
    return defs.get(v).in(i);
  }

  /** All operands of the op that makes {@code v}. */
  public List<Value> args(Value v) {
    return defs.get(v).inputs();
  }

  /** True when {@code v} is made by {@code row}. */
  public boolean is(Value v, ElementwiseRow row) {
    return op(v) instanceof Elementwise e && e.row().equals(row);
  }

  /** True when {@code v} is the literal {@code value}, with its sign for zeros. */
  public static boolean is(Value v, double value) {
    return v instanceof Lit lit && lit.is(value) && lit.bits() == lit.type().dtype().bitsOf(value);
  }
}
