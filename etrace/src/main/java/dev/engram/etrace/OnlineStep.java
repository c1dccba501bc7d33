package dev.engram.etrace;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import java.util.List;

/**
 * A model's step with an online learning rule.
 *
 * @param call takes the step's parameters, then the traces, then the rule's inputs; returns the
 *     step's results and new states, then the new traces. Its derivative is the rule: with respect
 *     to a weight, the rule's gradient of what is computed from the results; with respect to states
 *     and traces, zero, since the previous step is held fixed
 * @param credit takes the weights (the step's parameters of role weight, in order), the tables, the
 *     traces, and a learning signal for each float hidden state; returns the traces' gradient for
 *     each weight
 * @param tables the step's other parameters that {@code credit} takes: those by which sparse
 *     products join weights to positions
 * @param traces in operand order
 * @param inputs in operand order
 */
public record OnlineStep(
    ModelStep step,
    Rule rule,
    Control.Call call,
    Graph credit,
    List<Integer> tables,
    List<TraceState> traces,
    List<RuleInput> inputs,
    Report report) {
  public OnlineStep {
    Given.given("OnlineStep", "step", step);
    Given.given("OnlineStep", "rule", rule);
    Given.given("OnlineStep", "call", call);
    Given.given("OnlineStep", "credit", credit);
    Given.all("OnlineStep", "tables", tables);
    Given.all("OnlineStep", "traces", traces);
    Given.all("OnlineStep", "inputs", inputs);
    Given.given("OnlineStep", "report", report);
    tables = List.copyOf(tables);
    traces = List.copyOf(traces);
    inputs = List.copyOf(inputs);
  }

  /**
   * Returns the cost of a step for one example; it simplifies and counts graphs, so it takes a
   * moment.
   */
  public Cost cost() {
    return Cost.of(this);
  }

  /**
   * Returns the report, then everything carried from step to step with its type and bytes, then the
   * cost.
   */
  public String explain() {
    StringBuilder out = new StringBuilder();
    out.append("rule: ").append(rule.words()).append('\n').append(report);
    for (TraceState t : traces) {
      out.append("carries ")
          .append(t.name())
          .append(": ")
          .append(t.type())
          .append(", ")
          .append(t.type().bytes())
          .append(" bytes\n");
    }
    return out.append(cost()).append('\n').toString();
  }
}
