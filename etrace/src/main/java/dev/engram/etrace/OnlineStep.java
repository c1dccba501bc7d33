package dev.engram.etrace;

import dev.engram.ir.Control;
import java.util.List;

/**
 * A model's step with an online learning rule.
 *
 * @param call takes the step's parameters, then the traces; gives the step's results and new
 *     states, then the new traces. Its derivative is the rule: with respect to a weight, the rule's
 *     gradient of what is computed from the results; with respect to states and traces, zero, since
 *     the previous step is held fixed
 * @param traces in operand order
 */
public record OnlineStep(
    ModelStep step, Control.Call call, List<TraceState> traces, Report report) {
  public OnlineStep {
    traces = List.copyOf(traces);
  }
}
