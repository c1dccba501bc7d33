package dev.engram.lower;

import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Compiled code of one {@link LoopProgram}. Any number of threads may run it at the same time, each
 * with an arena of its own; {@link RunPool} keeps these.
 */
public interface CompiledProgram {
  /**
   * Runs the program.
   *
   * @param inputs one for each input buffer, of its type, on the device that it was compiled for;
   *     only read
   * @param outputs one for each output buffer, of its type, on that device, distinct from every
   *     input and from each other, but for an output {@linkplain LoopProgram#inPlace in place},
   *     which is the very tensor of the input; overwritten completely
   * @throws dev.engram.ir.RunException when a {@link Instr.Check} fails; outputs are then
   *     undefined, and those in place as they were
   * @throws BrokenUpdateException when outputs in place are neither as they were nor complete
   */
  default void run(List<? extends Tensor> inputs, List<? extends Tensor> outputs) {
    run(inputs, outputs, () -> outputs);
  }

  /**
   * The same, where others may read what is about to be written over.
   *
   * @param updates called once, before the {@linkplain LoopProgram#firstUpdate first step} that
   *     writes over an input: the outputs again, each in place being the tensor of its input or a
   *     copy of that. What it throws ends the run. Whatever the run throws afterwards says that
   *     outputs in place are neither as they were nor complete
   */
  void run(
      List<? extends Tensor> inputs,
      List<? extends Tensor> outputs,
      Supplier<? extends List<? extends Tensor>> updates);

  /**
   * Binds the last inputs, such as the parameters of a model: a run of the result takes only the
   * inputs before them, and bound inputs cost it nothing. They must not be written or donated
   * meanwhile, and must be distinct from all outputs.
   *
   * @param last one for each of the last input buffers, of its type
   */
  default CompiledProgram bind(List<? extends Tensor> last) {
    CompiledProgram whole = this;
    List<Tensor> given = List.copyOf(last);
    return new CompiledProgram() {
      @Override
      public void run(
          List<? extends Tensor> inputs,
          List<? extends Tensor> outputs,
          Supplier<? extends List<? extends Tensor>> updates) {
        List<Tensor> all = new ArrayList<>(inputs);
        all.addAll(given);
        whole.run(all, outputs, updates);
      }

      @Override
      public String disassemble() {
        return whole.disassemble();
      }
    };
  }

  /** Of what {@link #bind} gave: lets go of the inputs, which are bound again at the next run. */
  default void unbind() {}

  /** Returns the code in readable form, for {@code engram dump}. */
  String disassemble();
}
