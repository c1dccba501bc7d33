package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.lower.LoopProgram;
import java.util.List;
import java.util.Optional;

/** A compiled graph. */
public interface CompiledGraph {

  /** Runs on one tensor for each parameter of the graph; returns one for each result. */
  default List<HostTensor> run(List<HostTensor> args) {
    return runOnDevice(args).stream().map(Tensor::host).toList();
  }

  /** The same; the results stay where they are made. */
  List<? extends Tensor> runOnDevice(List<? extends Tensor> args);

  /** Returns the loop program that it was compiled from; empty for the interpreter. */
  Optional<LoopProgram> loops();

  /** Returns the code in readable form; for the interpreter, the graph. */
  String disassemble();
}
