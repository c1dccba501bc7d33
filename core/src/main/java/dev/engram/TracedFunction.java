package dev.engram;

import dev.engram.ir.Graph;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.state.OneVersion;
import dev.engram.state.StateSlot;
import dev.engram.trace.Tracing;
import java.util.ArrayList;
import java.util.List;

/**
 * A user function as a graph.
 *
 * @param graph parameters: one for each tensor of the arguments, then one for each of {@code
 *     captured}; results: the tensors of the function's result, then one for each of {@code
 *     written}
 * @param argCount number of tensors in the arguments
 * @param result structure of the function's result
 * @param captured states read and outer values used, in order of first use
 * @param written states set, in order of first write
 */
public record TracedFunction(
    Graph graph, int argCount, TreeDef result, List<Captured> captured, List<Written> written) {
  public TracedFunction {
    Given.given("TracedFunction", "graph", graph);
    Given.given("TracedFunction", "result", result);
    Given.all("TracedFunction", "captured", captured);
    Given.all("TracedFunction", "written", written);
  }

  /** A state that the function sets; its value has {@code mapped} mapped axes. */
  public record Written(State state, int mapped) {
    public Written {
      Given.given("Written", "state", state);
    }
  }

  /**
   * Traces {@code f} on arguments of the structure and types of {@code args}, whose values are not
   * used. States are read as the running code sees them, and are not changed.
   */
  public static TracedFunction of(String name, Fn1<List<Object>, Object> f, List<Object> args) {
    Given.given("TracedFunction.of", "f", f);
    Given.given("TracedFunction.of", "args", args);
    return Tracing.run(name, Tracing.Kind.PLAIN, f, Tracing.specs(Tracing.flatten(name, args)))
        .finish();
  }

  /** Returns the number of tensors in the result. */
  public int resultCount() {
    return result.leafCount();
  }

  /** Returns the captured values as the running code sees them, all of one moment. */
  public List<Tensor> capturedValues() {
    return OneVersion.of(captured);
  }

  /** Returns {@code args} followed by {@link #capturedValues}: one value for each parameter. */
  public List<Tensor> operands(List<Tensor> args) {
    Given.all("TracedFunction.operands", "args", args);
    List<Tensor> all = new ArrayList<>(args);
    all.addAll(capturedValues());
    return all;
  }

  /** Sets the written states from the results of the graph, and builds the function's result. */
  public Object apply(List<? extends Tensor> outs) {
    Given.all("TracedFunction.apply", "outs", outs);
    int n = resultCount();
    List<StateSlot.Cell> cells = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      cells.add(new StateSlot.Cell(outs.get(n + i), written.get(i).mapped));
    }
    StateSlot.write(written.stream().map(Written::state).toList(), cells);
    return result.build(outs.subList(0, n));
  }
}
