package dev.engram.ir.passes.rewrite;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What several passes do to graphs. */
public final class Graphs {
  private Graphs() {}

  /** {@code op} with {@code f} applied to every graph in it; {@code f} keeps signatures. */
  public static Op mapInner(Op op, UnaryOperator<Graph> f) {
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
          HostEffect _,
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
  public static Eqn replace(Eqn e, Map<Value, Value> map) {
    return new Eqn(e.op(), replace(e.inputs(), map), e.outputs(), e.where());
  }

  public static List<Value> replace(List<Value> values, Map<Value, Value> map) {
    return values.stream().map(v -> map.getOrDefault(v, v)).toList();
  }

  /** {@code g} with variables replaced where {@code map} says so; replaced parameters are gone. */
  public static Graph replace(Graph g, Map<Value, Value> map) {
    List<Param> params = g.params().stream().filter(p -> !map.containsKey(p.var())).toList();
    List<Eqn> eqns = g.eqns().stream().map(e -> replace(e, map)).toList();
    return new Graph(g.name(), params, eqns, replace(g.outs(), map));
  }
}
