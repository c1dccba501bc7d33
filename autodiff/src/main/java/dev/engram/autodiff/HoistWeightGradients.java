package dev.engram.autodiff;

import dev.engram.ir.Builder;
import dev.engram.ir.Control;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
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
      if (e.op() instanceof Control.Scan s && s.length() > 1) {
        b.at(e.where());
        List<Value> in = e.inputs().stream().map(v -> Builder.mapped(map, v)).toList();
        List<Value> out = new LoopSums(b, s, in).hoist();
        for (int i = 0; i < out.size(); i++) {
          map.put(e.outputs().get(i), out.get(i));
        }
      } else {
        b.copy(e, map);
      }
    }
    return Dce.run(b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList()));
  }
}
