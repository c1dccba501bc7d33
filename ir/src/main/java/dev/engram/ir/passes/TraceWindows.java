package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.rewrite.Graphs;
import java.util.List;

/**
 * Writes traces that a scan carries once in a window of steps instead of at every step. With {@code
 * ε_t = D_t∘ε_{t-1} + x_t⊗f_t} and {@code g = Σ_t Σ_b L_t∘ε_t} over a window of K steps, for ε of
 * the shape [b, i, h], x of [b, i], D, f and L of [b, h] and g of [i, h], with examples b,
 *
 * <pre>{@code
 * P_K = 1, P_{t-1} = P_t∘D_t                     ε_K = P_0∘ε_0 + Σ_t x_t ⊗ (f_t∘P_t)
 * m_K = 0, λ_t = L_t + m_t, m_{t-1} = D_t∘λ_t    g = Σ_b m_0∘ε_0 + Σ_b Σ_t x_t ⊗ (f_t∘λ_t)
 * }</pre>
 *
 * <p>where the sums over t are matrix products, and everything else is small: the chunkwise form of
 * a linear recurrence, with P the products of later decays and λ the adjoint of what a step adds.
 * Nothing is divided by a decay, so it may be 0. Traces of coupled states decay by matrices, in
 * their order. Axes may be others than these: those that factors have, and those that sums leave.
 *
 * <p>Products that the steps of a scan add up, with or without traces, become one of a window.
 *
 * <p>It is exact in real numbers; in floats sums are added in another order. Where a product of
 * decays overflows within a window, a trace is infinite or NaN that may be finite step by step. A
 * window stacks factors for its steps, whose number does not depend on the length of the scan.
 */
public final class TraceWindows {
  /** Steps of a window. */
  static final int STEPS = 32;

  /** Scans of fewer steps are left as they are. */
  private static final int MIN_STEPS = 4;

  /** Most bytes that a window stacks; twice those of the traces where that is more. */
  private static final double MAX_BYTES = 1 << 26;

  private TraceWindows() {}

  /** {@code g} with windows in its scans; {@code g} itself where there are none. */
  public static Graph run(Graph g) {
    Given.given("TraceWindows.run", "g", g);
    return run(g, STEPS);
  }

  /** The same, with at most so many steps in a window. */
  static Graph run(Graph g, int most) {
    return GraphRewriter.walk(g, (to, e, in) -> step(to, e, in, most));
  }

  private static List<? extends Value> step(GraphRewriter to, Eqn old, List<Value> in, int most) {
    Eqn e = Graphs.mapInner(old, g -> run(g, most));
    if (!(e.op() instanceof Control.Scan s) || !mayHaveWindows(s)) {
      return to.keep(e);
    }
    TraceRecurrences r = new TraceRecurrences(s, in);
    if (!r.hasWindows()) {
      return to.keep(e);
    }
    WindowedScan w = new WindowedScan(r, e);
    int steps = steps(r, w, most);
    return steps == 0 ? to.keep(e) : w.emit(to, steps);
  }

  /** True for scans forward, of some steps. */
  static boolean mayHaveWindows(Control.Scan s) {
    return !s.reverse() && s.length() >= MIN_STEPS;
  }

  /** Steps of a window, as many as fit; 0 where it is not worth it. */
  static int steps(TraceRecurrences r, WindowedScan w, int most) {
    double fit = Math.max(MAX_BYTES, 2 * r.traceBytes()) / Math.max(1, w.bytesPerStep());
    if (fit < MIN_STEPS) {
      return 0;
    }
    int steps = (int) Math.min(Math.min(most, r.scan.length()), fit);
    if (r.scan.body().eqns().stream()
        .anyMatch(e -> e.op() instanceof Control.Scan || e.op() instanceof Control.While)) {
      // no second copy of loops, and of those in them, for the steps that are left
      while (r.scan.length() % steps != 0) {
        steps--;
      }
    }
    return steps < Math.min(most, MIN_STEPS) ? 0 : steps;
  }
}
