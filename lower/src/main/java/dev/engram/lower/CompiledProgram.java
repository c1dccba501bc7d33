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
   *     other; overwritten completely
   * @throws dev.engram.ir.RunException when a {@link Instr.Check} fails; outputs are then undefined
   */
  void run(List<HostTensor> inputs, List<HostTensor> outputs);

  /**
   * Binds the last inputs, such as the parameters of a model: a run of the result takes only the
   * inputs before them, and bound inputs cost it nothing. They must not be written or donated
   * meanwhile, and must be distinct from all outputs.
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

  /** Returns the code in readable form, for {@code engram dump}. */
  String disassemble();
}
