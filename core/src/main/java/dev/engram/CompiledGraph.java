package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.lower.LoopProgram;
import java.util.List;
import java.util.Optional;

/** A compiled graph. */
public interface CompiledGraph {

  /** Runs on one tensor for each parameter of the graph; gives one for each result. */
  List<HostTensor> run(List<HostTensor> args);

  /** The loop program behind it; empty for the interpreter. */
  Optional<LoopProgram> loops();

  /** The code in a readable form; for the interpreter the graph. */
  String disassemble();
}
