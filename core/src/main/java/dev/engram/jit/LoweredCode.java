package dev.engram.jit;

import dev.engram.CompiledGraph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A loop program compiled by a backend. */
public record LoweredCode(LoopProgram program, CompiledProgram code, List<TensorType> outTypes)
    implements CompiledGraph {

  public LoweredCode(LoopProgram program, CompiledProgram code) {
    this(
        program,
        code,
        program.outputs().stream().map(b -> program.buffers().get(b).type()).toList());
  }

  @Override
  public List<HostTensor> run(List<HostTensor> args) {
    List<HostTensor> outs = new ArrayList<>(outTypes.size());
    for (TensorType t : outTypes) {
      outs.add(HostTensor.allocate(t));
    }
    code.run(args, outs);
    return outs;
  }

  /** Binds the last arguments; a run then takes those before them. */
  LoweredCode bind(List<HostTensor> last) {
    return new LoweredCode(program, code.bind(last), outTypes);
  }

  /** Writes the results to {@code outs}, which are distinct from {@code args} and each other. */
  void run(List<HostTensor> args, List<HostTensor> outs) {
    code.run(args, outs);
  }

  @Override
  public Optional<LoopProgram> loops() {
    return Optional.of(program);
  }

  @Override
  public String disassemble() {
    return code.disassemble();
  }
}
