package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.rewrite.Graphs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts the body of every call in its place, whatever its derivative: for after differentiation. */
public final class Inline {
  private Inline() {}

  public static Graph run(Graph g) {
    Given.given("Inline.run", "g", g);
    Builder b = new Builder(g.name());
    Map<Value, Value> map = new HashMap<>();
    for (Param p : g.params()) {
      map.put(p.var(), b.param(p));
    }
    for (Eqn e : g.eqns()) {
      if (e.op() instanceof Control.Call call) {
        List<Value> args = e.inputs().stream().map(v -> Builder.mapped(map, v)).toList();
        List<Value> results = b.inline(run(call.body()), args);
        for (int i = 0; i < results.size(); i++) {
          map.put(e.outputs().get(i), results.get(i));
        }
      } else {
        b.copy(
            new Eqn(Graphs.mapInner(e.op(), Inline::run), e.inputs(), e.outputs(), e.where()), map);
      }
    }
    return b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList());
  }
}
