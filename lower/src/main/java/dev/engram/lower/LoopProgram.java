package dev.engram.lower;

import dev.engram.lower.inspect.LoopPrinter;
import java.util.List;

/**
 * A graph as loops over buffers whose places are all decided: nothing is allocated in a run.
 *
 * @param buffers addressed by their index in this list
 * @param inputs buffer of each graph parameter
 * @param outputs buffer of each graph result; all distinct and placed as {@link
 *     LoopBuffer.Place.Output}
 * @param steps run in order
 * @param arenaBytes size of the program's own memory: the peak use beyond inputs and outputs
 */
public record LoopProgram(
    String name,
    List<LoopBuffer> buffers,
    List<Integer> inputs,
    List<Integer> outputs,
    List<Stmt> steps,
    long arenaBytes) {
  public LoopProgram {
    buffers = List.copyOf(buffers);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    steps = List.copyOf(steps);
  }

  /** As {@link LoopPrinter} prints it. */
  @Override
  public String toString() {
    return LoopPrinter.print(this);
  }
}
