package dev.engram.autodiff;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.InnerGraphs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes every {@link Control.Transposed} out, so that a linear map can be run as it is. */
public final class ExpandTransposes {
  private ExpandTransposes() {}

  /** {@code g}, which computes the same, without transposes of others. */
  public static Graph run(Graph g) {
    Given.given("ExpandTransposes.run", "g", g);
    Builder b = new Builder(g.name());
    Map<Value, Value> map = new HashMap<>();
    for (Param p : g.params()) {
      map.put(p.var(), b.param(p));
    }
    for (Eqn e : g.eqns()) {
      b.at(e.where());
      List<Value> in = e.inputs().stream().map(v -> Builder.mapped(map, v)).toList();
      List<? extends Value> out =
          switch (e.op()) {
            case Control.Transposed t ->
                b.inline(run(Transpose.of(t.backward(), t.residuals())), in);
            case Control.Scan _, Control.While _, Control.Cond _ ->
                b.emit(InnerGraphs.map(e.op(), ExpandTransposes::run), in);
            case Control.Call c -> b.emit(new Control.Call(run(c.body()), c.derivative()), in);
            case Elementwise _, Cast _, Reduce _, Dot _, Move _, Index _ -> b.emit(e.op(), in);
            case Source _, Check _, HostEffect _, Custom _ -> b.emit(e.op(), in);
          };
      for (int i = 0; i < out.size(); i++) {
        map.put(e.outputs().get(i), out.get(i));
      }
    }
    return b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList());
  }
}
