package dev.engram.autodiff.forward;

import dev.engram.ir.Graph;
import dev.engram.ir.dataflow.FlagAnalysis;
import java.util.List;

/** Which results of a graph get a tangent, given which parameters have one. */
public final class ActivityAnalysis {
  private final FlagAnalysis flags =
      new FlagAnalysis((g, active) -> JvpWalk.hasTangent(g, active, this));

  /** One flag for each result of {@code g}. */
  List<Boolean> of(Graph g, List<Boolean> active) {
    return flags.of(g, active);
  }

  /**
   * Adds to {@code active} the carries that get a tangent in a step; gives the flags of the
   * results.
   */
  List<Boolean> steady(Graph body, int consts, int carry, List<Boolean> active) {
    FlagAnalysis.Settled loop = flags.settle(body, active, consts, carry, in -> of(body, in));
    FlagAnalysis.join(active, 0, loop.params());
    return loop.ofLoop(consts, carry);
  }
}
