package dev.engram.etrace;

import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * One step of a model: {@code (inputs, weights, states) → (results, new states)}.
 *
 * @param graph its parameters carry roles and paths; its results are the model's own, then the new
 *     value of each state
 * @param results number of the model's own results
 * @param states the graph parameter of each state (role hidden or state), in the order of the new
 *     values
 */
public record ModelStep(Graph graph, int results, List<Integer> states) {
  public ModelStep {
    Given.given("ModelStep", "graph", graph);
    Given.all("ModelStep", "states", states);
    states = List.copyOf(states);
    if (graph.outs().size() != results + states.size()) {
      throw new GraphException(
          "model step @"
              + graph.name()
              + ": got "
              + graph.outs().size()
              + " graph results, expected "
              + results
              + " results and "
              + states.size()
              + " new states");
    }
    for (int i = 0; i < states.size(); i++) {
      Param p = graph.params().get(states.get(i));
      if (!p.type().equals(graph.outs().get(results + i).type())) {
        throw new GraphException(
            "model step @"
                + graph.name()
                + ": state "
                + p.path()
                + " of type "
                + p.type()
                + " becomes "
                + graph.outs().get(results + i).type()
                + "; a state keeps its type");
      }
    }
  }

  /** Returns the positions in {@link #states} of the float hidden states, which traces follow. */
  public List<Integer> hidden() {
    return java.util.stream.IntStream.range(0, states.size())
        .filter(i -> state(i).role() == Role.HIDDEN && state(i).type().dtype().isFloat())
        .boxed()
        .toList();
  }

  /** Returns the parameter of state {@code i}. */
  public Param state(int i) {
    return graph.params().get(states.get(i));
  }
}
