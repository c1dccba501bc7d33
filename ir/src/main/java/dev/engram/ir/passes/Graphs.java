package dev.engram.ir.passes;

import dev.engram.ir.Cast;
import dev.engram.ir.Check;
import dev.engram.ir.Control;
import dev.engram.ir.Custom;
import dev.engram.ir.Dot;
import dev.engram.ir.Elementwise;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Index;
import dev.engram.ir.Move;
import dev.engram.ir.Notify;
import dev.engram.ir.Op;
import dev.engram.ir.Param;
import dev.engram.ir.Reduce;
import dev.engram.ir.Source;
import dev.engram.ir.Value;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What several passes do to graphs. */
final class Graphs {
  private Graphs() {}

  /** {@code op} with {@code f} applied to every graph in it; {@code f} keeps signatures. */
  static Op mapInner(Op op, UnaryOperator<Graph> f) {
    return switch (op) {
      case Control.Scan s ->
          new Control.Scan(f.apply(s.body()), s.consts(), s.carry(), s.length(), s.reverse());
      case Control.While w -> w.with(f.apply(w.condition()), f.apply(w.body()), w.consts());
      case Control.Cond c -> new Control.Cond(f.apply(c.onTrue()), f.apply(c.onFalse()));
      case Control.Call c -> new Control.Call(f.apply(c.body()), derivative(c.derivative(), f));
      case Control.Transposed t -> new Control.Transposed(f.apply(t.backward()), t.residuals());
      case Elementwise _,
          Cast _,
          Reduce _,
          Dot _,
          Move _,
          Index _,
          Source _,
          Check _,
          Notify _,
          Custom _ ->
          op;
    };
  }

  private static Control.Derivative derivative(Control.Derivative d, UnaryOperator<Graph> f) {
    return switch (d) {
      case Control.Derivative.Plain p -> p;
      case Control.Derivative.Remat r -> r;
      case Control.Derivative.Jvp j -> new Control.Derivative.Jvp(f.apply(j.rule()));
      case Control.Derivative.Vjp v ->
          new Control.Derivative.Vjp(f.apply(v.forward()), f.apply(v.backward()));
    };
  }

  /** {@code e} with its operands replaced where {@code map} says so. */
  static Eqn replace(Eqn e, Map<Value, Value> map) {
    return new Eqn(e.op(), replace(e.inputs(), map), e.outputs(), e.where());
  }

  static List<Value> replace(List<Value> values, Map<Value, Value> map) {
    return values.stream().map(v -> map.getOrDefault(v, v)).toList();
  }

  /** {@code g} with variables replaced where {@code map} says so; replaced parameters are gone. */
  static Graph replace(Graph g, Map<Value, Value> map) {
    List<Param> params = g.params().stream().filter(p -> !map.containsKey(p.var())).toList();
    List<Eqn> eqns = g.eqns().stream().map(e -> replace(e, map)).toList();
    return new Graph(g.name(), params, eqns, replace(g.outs(), map));
  }
}
