package dev.engram.jit;

import dev.engram.CompiledGraph;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.NoMemoryError;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import dev.engram.lower.memory.ProgramMemory;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A loop program compiled for a device. */
public record LoweredCode(
    LoopProgram program, CompiledProgram code, List<TensorType> outTypes, Device device)
    implements CompiledGraph {

  public LoweredCode(LoopProgram program, CompiledProgram code, Device device) {
    this(
        program,
        code,
        program.outputs().stream().map(b -> program.buffers().get(b).type()).toList(),
        device);
  }

  @Override
  public List<Tensor> runOnDevice(List<? extends Tensor> args) {
    List<Tensor> given = List.copyOf(args);
    try (PinnedTensors _ = PinnedTensors.of(given);
        PlacedTensors there = PlacedTensors.on(device, given)) {
      RunOperands operands = RunOperands.of(program, device, there.tensors());
      try {
        code.run(operands.inputs(), operands.outputs());
      } catch (Throwable e) {
        operands.outputs().forEach(StateUpdates::abandon);
        throw e;
      }
      return operands.outputs();
    } catch (NoMemoryError full) {
      throw full.here();
    }
  }

  /** Memory for one result, of undefined content. */
  Tensor output(int i) {
    return ProgramMemory.output(program, i, device);
  }

  /** Binds the last arguments; a run then takes those before them. */
  LoweredCode bind(List<Tensor> last) {
    return new LoweredCode(program, code.bind(last), outTypes, device);
  }

  /** Of bound code: lets go of what is bound. */
  void unbind() {
    code.unbind();
  }

  /** Writes the results to {@code outs}, as {@link CompiledProgram#run} does. */
  void run(
      List<? extends Tensor> args,
      List<? extends Tensor> outs,
      Supplier<? extends List<? extends Tensor>> updates) {
    try {
      code.run(args, outs, updates);
    } catch (NoMemoryError full) {
      throw full.here(); // it may come from a thread of the backend
    }
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
