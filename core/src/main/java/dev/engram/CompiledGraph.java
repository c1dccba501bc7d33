package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import java.util.List;
import java.util.Optional;

/** A compiled graph. */
public interface CompiledGraph {

  /** Runs on one tensor for each parameter of the graph; returns one for each result. */
  default List<HostTensor> run(List<HostTensor> args) {
    return RunOperands.read(runOnDevice(Given.all("CompiledGraph.run", "args", args)));
  }

  /** The same; the results stay where they are made. */
  List<? extends Tensor> runOnDevice(List<? extends Tensor> args);

  /** Returns the loop program that it was compiled from; empty for the interpreter. */
  Optional<LoopProgram> loops();

  /** Returns the code in readable form; for the interpreter, the graph. */
  String disassemble();
}
