package dev.engram.autodiff;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * A function over a batch.
 *
 * @param graph the function
 * @param outBatched one flag for each result: true where it has the batch axis in front, false
 *     where it is the same for all examples
 */
public record Batched(Graph graph, List<Boolean> outBatched) {
  public Batched {
    Given.given("Batched", "graph", graph);
    Given.all("Batched", "outBatched", outBatched);
    outBatched = List.copyOf(outBatched);
  }
}
