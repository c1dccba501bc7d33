package org.example.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.InnerGraphs;
import dev.engram.ir.passes.Pass;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Divisions by powers of two become products with their reciprocals: x / 4 is x · 0.25, bit for
 * bit.
 */
public final class DivideByPowers {
  /** For a {@link dev.engram.Compiler}. */
  public static final Pass PASS = new Pass("divideByPowers", DivideByPowers::run);

  private DivideByPowers() {}

  /** A new graph with the parameters and results of {@code g}. */
  public static Graph run(Graph g) {
    Builder b = new Builder(g.name());
    Map<Value, Value> map = new HashMap<>();
    g.params().forEach(p -> map.put(p.var(), b.param(p)));
    for (Eqn e : g.eqns()) {
      if (dividesByPower(e)) {
        Lit by = (Lit) e.in(1);
        Value x = Builder.mapped(map, e.in(0));
        Lit factor = Lit.of(by.type(), 1 / by.asDouble());
        map.put(e.out(), b.at(e.where()).emit1(new Elementwise(Rows.MUL), x, factor));
      } else {
        // Loops and branches have graphs of their own.
        b.copy(
            new Eqn(
                InnerGraphs.map(e.op(), DivideByPowers::run), e.inputs(), e.outputs(), e.where()),
            map);
      }
    }
    List<Value> outs = g.outs().stream().map(v -> Builder.mapped(map, v)).toList();
    return b.build(outs);
  }

  private static boolean dividesByPower(Eqn e) {
    return e.op().equals(new Elementwise(Rows.DIV))
        && e.in(1) instanceof Lit by
        && by.type().dtype().isFloat()
        && isPower(by.asDouble());
  }

  /** True for ±2ⁿ with a reciprocal that is neither subnormal nor infinite in f32. */
  private static boolean isPower(double x) {
    int n = Math.getExponent(x);
    return Math.abs(x) == Math.scalb(1.0, n) && Math.abs(n) <= 100;
  }
}
