package dev.engram.autodiff;

import dev.engram.ir.Builder;
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
import dev.engram.ir.Param;
import dev.engram.ir.Reduce;
import dev.engram.ir.Source;
import dev.engram.ir.Value;
import dev.engram.ir.passes.Dce;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes sums of products out of loops: a carry that only grows by {@code x_tᵀ·dy_t} at every step,
 * as the cotangent of a weight does, becomes one product over the stacked x and dy after the loop.
 *
 * <p>It is done where the factors that must be stacked for it are no larger than the sum itself,
 * and take no more than {@link #MOST_BYTES} in all steps together. Results differ by rounding only.
 */
public final class HoistWeightGradients {
  /** The most memory that one loop may spend on factors that are stacked for this. */
  public static final long MOST_BYTES = 64L << 20;

  private HoistWeightGradients() {}

  /** {@code g} with the sums of its loops hoisted; parameters and results stay. */
  public static Graph run(Graph g) {
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
            case Control.Scan s -> loop(b, s, in);
            case Control.While w -> b.emit(w.with(w.condition(), run(w.body()), w.consts()), in);
            case Control.Cond c -> b.emit(new Control.Cond(run(c.onTrue()), run(c.onFalse())), in);
            case Control.Call _, Control.Transposed _ -> b.emit(e.op(), in);
            case Elementwise _, Cast _, Reduce _, Dot _, Move _, Index _ -> b.emit(e.op(), in);
            case Source _, Check _, Custom _ -> b.emit(e.op(), in);
          };
      for (int i = 0; i < out.size(); i++) {
        map.put(e.outputs().get(i), out.get(i));
      }
    }
    return Dce.run(b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList()));
  }

  private static List<Value> loop(Builder b, Control.Scan s, List<Value> in) {
    Control.Scan inner =
        new Control.Scan(run(s.body()), s.consts(), s.carry(), s.length(), s.reverse());
    return s.length() > 1 ? new LoopSums(b, inner, in).hoist() : List.copyOf(b.emit(inner, in));
  }
}
