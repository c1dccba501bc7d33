package dev.engram.lower.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostOperands;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunPool;
import dev.engram.lower.inspect.LoopPrinter;
import java.util.List;
import java.util.function.Supplier;

/** A loop program, interpreted by any number of threads. */
final class LoopCode implements CompiledProgram {
  private final LoopProgram program;
  private final RunPool<LoopRun> runs;

  LoopCode(LoopProgram program) {
    this.program = program;
    this.runs =
        new RunPool<>(program.name(), new LoopRun(program), () -> new LoopRun(program), _ -> {});
  }

  @Override
  public void run(
      List<? extends Tensor> inputs,
      List<? extends Tensor> outputs,
      Supplier<? extends List<? extends Tensor>> updates) {
    List<HostTensor> in = HostOperands.of(program, "input", inputs);
    List<HostTensor> out = HostOperands.of(program, "output", outputs);
    runs.run(r -> r.run(in, out, () -> HostOperands.of(program, "output", updates.get())));
  }

  @Override
  public String disassemble() {
    return LoopPrinter.print(program);
  }
}
