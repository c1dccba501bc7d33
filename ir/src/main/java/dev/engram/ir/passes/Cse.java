package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Op;
import dev.engram.ir.passes.rewrite.Graphs;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Computes equal expressions once: same op on the same operands, in any order for commutative rows.
 * Constants and inner graphs are compared by content. What tells the host something does so as
 * often as it is written. Operands that a scan or a conditional gets twice, and outputs that a scan
 * gives twice, become one. Not a {@link GraphRewriter}: equations that are no repetition stay, with
 * their variables.
 */
public final class Cse {
  private Cse() {}

  private record Expression(Object op, List<Value> inputs) {}

  /** Returns {@code g} without repetitions. */
  public static Graph run(Graph g) {
    Given.given("Cse.run", "g", g);
    Map<Value, Value> map = new HashMap<>();
    Map<Value, Integer> order = new HashMap<>();
    g.params().forEach(p -> order.put(p.var(), order.size()));
    Map<Expression, List<Var>> seen = new HashMap<>();
    List<Eqn> eqns = new ArrayList<>();
    for (Eqn old : g.eqns()) {
      Eqn e = mergeOperands(Graphs.replace(old, map));
      List<Var> known =
          seen.putIfAbsent(new Expression(GraphKey.of(e.op()), sorted(e, order)), e.outputs());
      if (known == null || Effect.of(e).contains(Effect.HOST)) {
        eqns.add(e);
        e.outputs().forEach(v -> order.put(v, order.size()));
        mergeResults(e, map);
      } else {
        for (int i = 0; i < known.size(); i++) {
          Var first = known.get(i);
          map.put(e.outputs().get(i), map.getOrDefault(first, first));
        }
      }
    }
    return Graphs.with(g, eqns, Graphs.replace(g.outs(), map));
  }

  private static List<Value> sorted(Eqn e, Map<Value, Integer> order) {
    if (e.op() instanceof Elementwise w
        && w.row().has(ElementwiseRow.Flag.COMMUTATIVE)
        && rank(e.in(0), order) > rank(e.in(1), order)) {
      return e.inputs().reversed();
    }
    return e.inputs();
  }

  private static int rank(Value v, Map<Value, Integer> order) {
    return v instanceof Lit ? Integer.MAX_VALUE : order.get(v);
  }

  private static Eqn mergeOperands(Eqn e) {
    if (!(e.op() instanceof Control op)) {
      return e;
    }
    return switch (op) {
      case Control.Scan s -> inside(scan(s, e));
      case Control.Cond c -> inside(cond(c, e));
      case Control.While _, Control.Call _, Control.Transposed _ -> inside(e);
    };
  }

  private static Eqn inside(Eqn e) {
    return Graphs.mapInner(e, Cse::run);
  }

  private static Eqn scan(Control.Scan op, Eqn e) {
    ScanParts form = new ScanParts(op, e.inputs());
    merge(form.consts, form.replaced);
    merge(form.xs, form.replaced);
    if (form.replaced.isEmpty()) {
      return e;
    }
    return new Eqn(form.op(), form.operands(), e.outputs(), e.where());
  }

  private static void merge(List<ScanParts.Input> inputs, Map<Value, Value> replaced) {
    Map<Value, Var> first = new HashMap<>();
    inputs.removeIf(
        in -> {
          Var known = first.putIfAbsent(in.operand(), in.param().var());
          if (known != null) {
            replaced.put(in.param().var(), known);
          }
          return known != null;
        });
  }

  private static Eqn cond(Control.Cond op, Eqn e) {
    Map<Value, Integer> first = new HashMap<>();
    Map<Value, Value> onTrue = new HashMap<>();
    Map<Value, Value> onFalse = new HashMap<>();
    List<Value> inputs = new ArrayList<>();
    inputs.add(e.in(0));
    for (int i = 0; i < op.onTrue().params().size(); i++) {
      Value operand = e.in(i + 1);
      Integer known = first.putIfAbsent(operand, i);
      if (known == null) {
        inputs.add(operand);
      } else {
        onTrue.put(param(op.onTrue(), i), param(op.onTrue(), known));
        onFalse.put(param(op.onFalse(), i), param(op.onFalse(), known));
      }
    }
    if (onTrue.isEmpty()) {
      return e;
    }
    Op merged =
        new Control.Cond(
            Graphs.replace(op.onTrue(), onTrue), Graphs.replace(op.onFalse(), onFalse));
    return new Eqn(merged, inputs, e.outputs(), e.where());
  }

  private static Var param(Graph g, int i) {
    return g.params().get(i).var();
  }

  /** Results that inner graphs give twice are one. */
  private static void mergeResults(Eqn e, Map<Value, Value> map) {
    if (!(e.op() instanceof Control op)) {
      return;
    }
    switch (op) {
      case Control.Scan s -> mergeEqual(e, s.carry(), s.graphs(), map);
      case Control.Cond _, Control.Call _ -> mergeEqual(e, 0, op.graphs(), map);
      case Control.While _, Control.Transposed _ -> {}
    }
  }

  private static void mergeEqual(Eqn e, int from, List<Graph> bodies, Map<Value, Value> map) {
    Map<List<Value>, Var> first = new HashMap<>();
    for (int i = from; i < e.outputs().size(); i++) {
      int at = i;
      List<Value> values = bodies.stream().map(g -> g.outs().get(at)).toList();
      Var known = first.putIfAbsent(values, e.outputs().get(i));
      if (known != null) {
        map.put(e.outputs().get(i), known);
      }
    }
  }
}
