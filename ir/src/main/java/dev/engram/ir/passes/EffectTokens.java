package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The way of the order of {@link HostEffect notices} through a graph, for those who run both
 * branches of a condition and pick results: they must not pick the order, but pass it from one
 * branch to the other, and keep the branch that is not taken from telling anything.
 *
 * @param params positions of the parameters that are an order
 * @param results the parameter that each result comes from, by way of notices alone; -1 for none
 */
public record EffectTokens(Set<Integer> params, List<Integer> results) {
  private static final TensorType ORDER = TensorType.scalar(DType.I32);

  public EffectTokens {
    Given.all("EffectTokens", "params", params);
    Given.all("EffectTokens", "results", results);
  }

  /** What {@code g} does with the orders it gets. */
  public static EffectTokens of(Graph g) {
    Given.given("EffectTokens.of", "g", g);
    Map<Value, Integer> from = new HashMap<>();
    for (int i = 0; i < g.params().size(); i++) {
      from.put(g.params().get(i).var(), i);
    }
    Set<Integer> params = new HashSet<>();
    for (Eqn e : g.eqns()) {
      List<Integer> results = results(e);
      for (int i = 0; i < results.size(); i++) {
        Integer param = results.get(i) < 0 ? null : from.get(e.in(results.get(i)));
        if (param != null) {
          params.add(param);
          from.put(e.outputs().get(i), param);
        }
      }
    }
    return new EffectTokens(params, g.outs().stream().map(v -> from.getOrDefault(v, -1)).toList());
  }

  /** What a choice of one of two graphs does with them. */
  public static EffectTokens of(Control.Cond op) {
    Given.given("EffectTokens.of", "op", op);
    EffectTokens onTrue = of(op.onTrue());
    EffectTokens onFalse = of(op.onFalse());
    Set<Integer> params = new HashSet<>(onTrue.params);
    params.addAll(onFalse.params);
    List<Integer> results = new ArrayList<>();
    for (int i = 0; i < onTrue.results.size(); i++) {
      boolean same = onTrue.results.get(i).equals(onFalse.results.get(i));
      results.add(same ? onTrue.results.get(i) : -1);
    }
    return new EffectTokens(params, results);
  }

  /** True when nothing is told. */
  public boolean isEmpty() {
    return params.isEmpty();
  }

  /** True when result {@code i} is an order. */
  public boolean isOrder(int i) {
    return params.contains(results.get(i));
  }

  /** The operand whose order each result of {@code e} continues; -1 for other results. */
  private static List<Integer> results(Eqn e) {
    return switch (e.op()) {
      case HostEffect _ -> List.of(0);
      case Control.Scan s -> shifted(of(s.body()), s.carry(), 0);
      case Control.While w -> shifted(of(w.body()), w.carry(), 0);
      case Control.Cond c -> {
        EffectTokens n = of(c);
        yield shifted(n, n.results.size(), 1);
      }
      case Control.Call c -> {
        EffectTokens n = of(c.body());
        yield shifted(n, n.results.size(), 0);
      }
      case Custom c when tells(e) -> {
        EffectTokens n = of(expansion(c, e));
        yield shifted(n, n.results.size(), 0);
      }
      case Op _ -> List.of();
    };
  }

  private static Graph expansion(Custom op, Eqn e) {
    return op.expansion(e.inputs().stream().map(Value::type).toList(), e.where());
  }

  private static List<Integer> shifted(EffectTokens n, int results, int operandsBefore) {
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < results; i++) {
      out.add(n.isOrder(i) ? n.results.get(i) + operandsBefore : -1);
    }
    return out;
  }

  /**
   * {@code g} with one more {@code bool[]} parameter at position {@code at}: where it is false,
   * nothing is told. Calls with a derivative of their own do not take part; none of them tells
   * anything.
   */
  public static Graph masked(Graph g, int at) {
    Given.given("EffectTokens.masked", "g", g);
    Builder b = new Builder(g.name());
    List<Value> params = new ArrayList<>();
    for (Param p : g.params().subList(0, at)) {
      params.add(b.param(p));
    }
    Var mask = b.param(Param.input(new Var(TensorType.scalar(DType.BOOL))));
    for (Param p : g.params().subList(at, g.params().size())) {
      params.add(b.param(p));
    }
    GraphRewriter to = new GraphRewriter(b, (r, e, in) -> masked(r, e, in, mask));
    return b.build(to.inline(g, params));
  }

  private static List<? extends Value> masked(
      GraphRewriter to, Eqn e, List<Value> operands, Var mask) {
    List<Value> in = new ArrayList<>(operands);
    return switch (e.op()) {
      case HostEffect _ -> {
        in.set(1, both(to.builder(), mask, in.get(1)));
        yield to.emit(e, e.op(), in);
      }
      case Control.Scan s when tells(s.body()) -> {
        in.add(s.consts(), mask);
        yield to.emit(
            e,
            new Control.Scan(
                masked(s.body(), s.consts()), s.consts() + 1, s.carry(), s.length(), s.reverse()),
            in);
      }
      case Control.While w when tells(w.body()) -> {
        int n = w.consts();
        in.add(n, mask);
        yield to.emit(e, w.with(masked(w.condition(), n), masked(w.body(), n), n + 1), in);
      }
      case Control.Cond c when tells(c.onTrue()) || tells(c.onFalse()) -> {
        int n = in.size() - 1;
        in.add(mask);
        yield to.emit(e, new Control.Cond(masked(c.onTrue(), n), masked(c.onFalse(), n)), in);
      }
      case Control.Call c when tells(c.body()) && c.derivative().isOfBody() -> {
        in.add(mask);
        yield to.emit(e, new Control.Call(masked(c.body(), operands.size()), c.derivative()), in);
      }
      case Custom c when tells(e) -> to.inline(expansion(c, e), operands);
      case Op _ -> to.keep(e);
    };
  }

  private static boolean tells(Graph g) {
    return !of(g).isEmpty();
  }

  // What takes no order tells nothing; so an author's op need not be expanded to know.
  private static boolean tells(Eqn e) {
    return e.inputs().stream().anyMatch(v -> v.type().equals(ORDER))
        && Effect.of(e).contains(Effect.HOST);
  }

  private static Value both(Builder b, Var mask, Value told) {
    if (told instanceof Lit lit && lit.bits() != 0 && lit.type().equals(mask.type())) {
      return mask;
    }
    Value wide =
        told.type().equals(mask.type())
            ? mask
            : b.emit1(new Move.Broadcast(told.type().shape(), List.of()), mask);
    return b.emit1(new Elementwise(Rows.AND), wide, told);
  }
}
