package dev.engram.ir.passes.rewrite;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Op;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What several passes do to graphs. */
public final class Graphs {
  private Graphs() {}

  /** The same object, whatever its {@code equals} says: what a pass has not touched. */
  @SuppressWarnings("ReferenceEquality")
  public static boolean isSame(Object a, Object b) {
    return a == b;
  }

  /**
   * {@code op} with {@code f} applied to every graph in it; {@code f} keeps signatures. The same
   * object where {@code f} gives every graph back as it was.
   */
  public static Op mapInner(Op op, UnaryOperator<Graph> f) {
    return op instanceof Control c ? mapInner(c, f) : op;
  }

  private static Op mapInner(Control op, UnaryOperator<Graph> f) {
    return switch (op) {
      case Control.Scan s -> {
        Graph body = f.apply(s.body());
        yield isSame(body, s.body())
            ? s
            : new Control.Scan(body, s.consts(), s.carry(), s.length(), s.reverse());
      }
      case Control.While w -> {
        Graph condition = f.apply(w.condition());
        Graph body = f.apply(w.body());
        boolean same = isSame(condition, w.condition()) && isSame(body, w.body());
        yield same ? w : w.with(condition, body, w.consts());
      }
      case Control.Cond c -> {
        Graph onTrue = f.apply(c.onTrue());
        Graph onFalse = f.apply(c.onFalse());
        boolean same = isSame(onTrue, c.onTrue()) && isSame(onFalse, c.onFalse());
        yield same ? c : new Control.Cond(onTrue, onFalse);
      }
      case Control.Call c -> {
        Graph body = f.apply(c.body());
        Control.Derivative derivative = derivative(c.derivative(), f);
        boolean same = isSame(body, c.body()) && isSame(derivative, c.derivative());
        yield same ? c : new Control.Call(body, derivative);
      }
      case Control.Transposed t -> {
        Graph backward = f.apply(t.backward());
        yield isSame(backward, t.backward()) ? t : new Control.Transposed(backward, t.residuals());
      }
    };
  }

  private static Control.Derivative derivative(Control.Derivative d, UnaryOperator<Graph> f) {
    return switch (d) {
      case Control.Derivative.Plain p -> p;
      case Control.Derivative.Remat r -> r;
      case Control.Derivative.Jvp j -> {
        Graph rule = f.apply(j.rule());
        yield isSame(rule, j.rule()) ? j : new Control.Derivative.Jvp(rule);
      }
      case Control.Derivative.Vjp v -> {
        Graph forward = f.apply(v.forward());
        Graph backward = f.apply(v.backward());
        boolean same = isSame(forward, v.forward()) && isSame(backward, v.backward());
        yield same ? v : new Control.Derivative.Vjp(forward, backward);
      }
    };
  }

  /**
   * {@code e} with {@code f} applied to every graph in its op; the same object where none changes.
   */
  public static Eqn mapInner(Eqn e, UnaryOperator<Graph> f) {
    Op op = mapInner(e.op(), f);
    return isSame(op, e.op()) ? e : new Eqn(op, e.inputs(), e.outputs(), e.where());
  }

  /**
   * {@code e} with its operands replaced where {@code map} says so; the same object where it says
   * nothing about them.
   */
  public static Eqn replace(Eqn e, Map<Value, Value> map) {
    return map.isEmpty() || e.inputs().stream().noneMatch(map::containsKey)
        ? e
        : new Eqn(e.op(), replace(e.inputs(), map), e.outputs(), e.where());
  }

  public static List<Value> replace(List<Value> values, Map<Value, Value> map) {
    return values.stream().map(v -> map.getOrDefault(v, v)).toList();
  }

  /** {@code g} with variables replaced where {@code map} says so; replaced parameters are gone. */
  public static Graph replace(Graph g, Map<Value, Value> map) {
    if (map.isEmpty()) {
      return g;
    }
    List<Param> params = g.params().stream().filter(p -> !map.containsKey(p.var())).toList();
    List<Eqn> eqns = g.eqns().stream().map(e -> replace(e, map)).toList();
    return new Graph(g.name(), params, eqns, replace(g.outs(), map));
  }

  /** {@code g} with these equations and results; the same object where it has them already. */
  public static Graph with(Graph g, List<Eqn> eqns, List<Value> outs) {
    boolean same = eqns.size() == g.eqns().size() && outs.equals(g.outs());
    for (int i = 0; same && i < eqns.size(); i++) {
      same = isSame(eqns.get(i), g.eqns().get(i));
    }
    return same ? g : new Graph(g.name(), g.params(), eqns, outs);
  }

  /** {@code g} with these of its results, in this order. */
  public static Graph withOuts(Graph g, List<Integer> keep) {
    return with(g, g.eqns(), keep.stream().map(g.outs()::get).toList());
  }

  /** {@code g} with these of its parameters, in order. */
  public static Graph withParams(Graph g, List<Integer> keep) {
    return keep.size() == g.params().size()
        ? g
        : new Graph(g.name(), keep.stream().map(g.params()::get).toList(), g.eqns(), g.outs());
  }
}
