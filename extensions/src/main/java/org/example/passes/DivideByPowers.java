package org.example.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.GraphRewriter;
import dev.engram.ir.passes.Pass;
import java.util.List;

/**
 * Replaces divisions by powers of two with products by their reciprocals: x / 4 is x · 0.25, bit
 * for bit.
 */
public final class DivideByPowers {
  /** The pass, for a {@link dev.engram.Compiler}. */
  public static final Pass PASS = new Pass("divideByPowers", DivideByPowers::run);

  private DivideByPowers() {}

  /** Runs the pass; returns {@code g} itself if there is no such division. */
  public static Graph run(Graph g) {
    return GraphRewriter.walk(
        g,
        (to, e, in) -> {
          if (!dividesByPower(e)) {
            // Loops and branches have inner graphs.
            return to.keep(e, DivideByPowers::run);
          }
          Lit by = (Lit) e.in(1);
          Lit factor = Lit.of(by.type(), 1 / by.asDouble());
          return to.emit(e, new Elementwise(Rows.MUL), List.of(in.getFirst(), factor));
        });
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
