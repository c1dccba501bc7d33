package dev.engram.tests.ops;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.List;

/** Graphs that declare a wrong result. */
final class Retyped {
  private Retyped() {}

  /** Adds an axis to the first result of the first equation. */
  static Graph first(Graph g) {
    Eqn e = g.eqns().getFirst();
    Var right = e.outputs().getFirst();
    Var wrong = new Var(right.type().with(right.type().shape().insert(0, 2)));
    List<Var> outputs = new ArrayList<>(e.outputs());
    outputs.set(0, wrong);
    List<Eqn> eqns = new ArrayList<>(g.eqns());
    eqns.set(0, new Eqn(e.op(), e.inputs(), outputs, e.where()));
    List<Value> outs = g.outs().stream().map(v -> v == right ? (Value) wrong : v).toList();
    return new Graph(g.name(), g.params(), eqns, outs);
  }
}
