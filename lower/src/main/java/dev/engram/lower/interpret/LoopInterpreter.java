package dev.engram.lower.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostBackend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import java.util.List;

/**
 * Defines the semantics of loop programs: runs one in the simplest way, point by point, and checks
 * every access against its buffer. It is the oracle for the backends.
 */
public final class LoopInterpreter extends HostBackend {
  static final String NAME = "loops";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public CompiledProgram compile(LoopProgram program) {
    return new LoopCode(program);
  }

  /** Runs {@code program} once and returns its outputs. */
  public static List<HostTensor> run(LoopProgram program, List<HostTensor> inputs) {
    return RunOperands.run(new LoopInterpreter(), program, inputs);
  }
}
