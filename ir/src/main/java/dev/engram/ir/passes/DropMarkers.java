package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.passes.rewrite.Graphs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes rows that only mark a value, such as {@code stopGradient} and {@code untraced}: for after
 * derivatives and traces have been taken. Not a {@link GraphRewriter}: all but readers of markers
 * keep their equations and variables, which is cheaper than to build a graph.
 */
public final class DropMarkers {
  private DropMarkers() {}

  /** Returns {@code g} without such rows. */
  public static Graph run(Graph g) {
    Given.given("DropMarkers.run", "g", g);
    Map<Value, Value> map = new HashMap<>();
    List<Eqn> eqns = new ArrayList<>();
    for (Eqn old : g.eqns()) {
      Eqn e = Graphs.replace(old, map);
      if (e.op() instanceof Elementwise w && w.row().has(ElementwiseRow.Flag.IDENTITY)) {
        map.put(e.out(), e.in(0));
      } else {
        eqns.add(Graphs.mapInner(e, DropMarkers::run));
      }
    }
    return Graphs.with(g, eqns, Graphs.replace(g.outs(), map));
  }
}
