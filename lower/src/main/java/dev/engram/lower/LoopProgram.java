package dev.engram.lower;

import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.memory.InPlaceUpdates;
import java.util.List;
import java.util.OptionalInt;

/**
 * A graph as loops over buffers whose places are all decided: nothing is allocated in a run.
 *
 * @param buffers addressed by their index in this list
 * @param inputs buffer of each graph parameter
 * @param outputs buffer of each graph result; all distinct, and placed as {@link
 *     LoopBuffer.Place.Output} but for an input's buffer that the result is written over
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

  /** The input that output {@code i} is written over; empty where it has memory of its own. */
  public OptionalInt inPlace(int i) {
    return buffers.get(outputs.get(i)).place() instanceof LoopBuffer.Place.Input(int input)
        ? OptionalInt.of(input)
        : OptionalInt.empty();
  }

  /**
   * The first step that writes over an input. From there on no check, loop, notice or function of a
   * user can end the run.
   *
   * @return the number of steps where there is none
   */
  public int firstUpdate() {
    return InPlaceUpdates.firstWrite(this);
  }

  /** As {@link LoopPrinter} prints it. */
  @Override
  public String toString() {
    return LoopPrinter.print(this);
  }
}
