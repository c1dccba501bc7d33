package dev.engram.lower;

import dev.engram.ir.HostTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Compiled code of one {@link LoopProgram}. It owns the program's arena; calls from several threads
 * wait for each other.
 */
public interface CompiledProgram {
  /**
   * Runs the program.
   *
   * @param inputs one for each input buffer, of its type; only read
   * @param outputs one for each output buffer, of its type, distinct from every input and from each
   *     other; overwritten whole
   * @throws dev.engram.ir.RunException when a {@link Instr.Check} fails; outputs are then undefined
   */
  void run(List<HostTensor> inputs, List<HostTensor> outputs);

  /**
   * The same code with its last inputs given once and for all, such as the parameters of a model: a
   * run takes the inputs before them, and costs nothing for these. They must not be written or
   * donated meanwhile, and are distinct from all outputs.
   *
   * @param last one for each of the last input buffers, of its type
   */
  default CompiledProgram bind(List<HostTensor> last) {
    CompiledProgram whole = this;
    List<HostTensor> given = List.copyOf(last);
    return new CompiledProgram() {
      @Override
      public void run(List<HostTensor> inputs, List<HostTensor> outputs) {
        List<HostTensor> all = new ArrayList<>(inputs);
        all.addAll(given);
        whole.run(all, outputs);
      }

      @Override
      public String disassemble() {
        return whole.disassemble();
      }
    };
  }

  /** The code in a readable form, for {@code engram dump}. */
  String disassemble();
}
