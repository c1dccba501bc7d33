package dev.engram.lower;

import dev.engram.ir.HostTensor;
import java.util.List;

/**
 * Compiled code of one {@link LoopProgram}. It owns the program's arena; calls from several threads
 * wait for each other.
 */
public interface Executable {
  /**
   * Runs the program.
   *
   * @param inputs one for each input buffer, of its type; only read
   * @param outputs one for each output buffer, of its type, distinct from every input and from each
   *     other; overwritten whole
   * @throws dev.engram.ir.RunException when a {@link Instr.Check} fails; outputs are then undefined
   */
  void run(List<HostTensor> inputs, List<HostTensor> outputs);

  /** The code in a readable form, for {@code engram dump}. */
  String disassemble();
}
