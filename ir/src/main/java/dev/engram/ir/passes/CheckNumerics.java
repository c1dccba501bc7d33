package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Check;
import dev.engram.ir.passes.rewrite.Graphs;
import java.util.HashMap;
import java.util.Map;

/**
 * Checks every float result of every equation, inner graphs included: a NaN or an infinity stops
 * the run with the op that made it, its position, and the user's line.
 */
public final class CheckNumerics {
  private CheckNumerics() {}

  public static Graph run(Graph g) {
    Given.given("CheckNumerics.run", "g", g);
    Builder b = new Builder(g.name());
    Map<Value, Value> map = new HashMap<>();
    for (Param p : g.params()) {
      map.put(p.var(), b.param(p));
    }
    for (Eqn e : g.eqns()) {
      b.copy(
          new Eqn(Graphs.mapInner(e.op(), CheckNumerics::run), e.inputs(), e.outputs(), e.where()),
          map);
      if (!(e.op() instanceof Check)) {
        b.at(e.where());
        e.outputs().forEach(v -> map.computeIfPresent(v, (_, y) -> checked(b, e, y)));
      }
    }
    return b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList());
  }

  private static Value checked(Builder b, Eqn e, Value y) {
    return y.type().dtype().isFloat() ? b.emit1(new Check.Finite(e.op().mnemonic()), y) : y;
  }
}
