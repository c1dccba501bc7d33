package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.lower.LoopProgram;
import java.util.List;
import java.util.Optional;

/** A compiled graph. */
public interface CompiledGraph {

  /** Runs on one tensor for each parameter of the graph; returns one for each result. */
  List<HostTensor> run(List<HostTensor> args);

  /** Returns the loop program that it was compiled from; empty for the interpreter. */
  Optional<LoopProgram> loops();

  /** Returns the code in readable form; for the interpreter, the graph. */
  String disassemble();
}
