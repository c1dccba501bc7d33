package dev.engram.ir.passes.rewrite;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A graph being rebuilt by rules that look at how operands were made. Rules answer in {@link
 * #apply}, which tries rules again.
 */
public final class RuleRewriter {

  /** Simpler values for {@code op(in)}, or empty when it is as simple as the rules know. */
  @FunctionalInterface
  public interface Rules {
    Optional<List<Value>> apply(RuleRewriter r, Op op, List<Value> in);
  }

  private final Builder builder;
  private final Rules rules;
  private final Map<Value, Eqn> defs = new HashMap<>();
  private final Map<Value, Value> map = new HashMap<>();

  private RuleRewriter(Builder builder, Rules rules) {
    this.builder = builder;
    this.rules = rules;
  }

  public static Graph run(Graph g, Rules rules) {
    Builder b = new Builder(g.name());
    RuleRewriter r = new RuleRewriter(b, rules);
    g.params().forEach(p -> r.map.put(p.var(), b.param(p)));
    r.eqns(g, r.map);
    return b.build(g.outs().stream().map(v -> Builder.mapped(r.map, v)).toList());
  }

  private void eqns(Graph g, Map<Value, Value> values) {
    for (Eqn e : g.eqns()) {
      builder.at(e.where());
      List<Value> in = e.inputs().stream().map(v -> Builder.mapped(values, v)).toList();
      List<Value> out = apply(Graphs.mapInner(e.op(), inner -> run(inner, rules)), in);
      for (int i = 0; i < out.size(); i++) {
        values.put(e.outputs().get(i), out.get(i));
      }
    }
  }

  /** {@code op(in)}, simplified. */
  public List<Value> apply(Op op, List<Value> in) {
    Optional<List<Value>> simpler = rules.apply(this, op, in);
    if (simpler.isPresent()) {
      return simpler.get();
    }
    List<Var> out = builder.emit(op, in);
    Eqn e = new Eqn(op, in, out, SourceLocation.UNKNOWN);
    out.forEach(v -> defs.put(v, e));
    return List.copyOf(out);
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
