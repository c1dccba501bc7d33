package dev.engram.lower.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostOperands;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunPool;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.profile.ProgramProfile;
import dev.engram.lower.profile.RunCounts;
import java.util.List;
import java.util.function.Supplier;

/** A loop program, interpreted by any number of threads. */
final class LoopCode implements CompiledProgram {
  private final LoopProgram program;
  private final RunPool<LoopRun> runs;
  private final ProgramProfile profile;

  LoopCode(LoopProgram program) {
    this.program = program;
    this.profile = new ProgramProfile(LoopInterpreter.NAME, program);
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
    runs.run(r -> run(r, in, out, () -> HostOperands.of(program, "output", updates.get())));
  }

  private void run(
      LoopRun run,
      List<HostTensor> inputs,
      List<HostTensor> outputs,
      Supplier<List<HostTensor>> updates) {
    if (!ProgramProfile.isRecording()) {
      run.run(inputs, outputs, updates);
      return;
    }
    try (RunCounts counts = profile.begin()) {
      run.run(inputs, outputs, updates, counts);
    }
  }

  @Override
  public String disassemble() {
    return LoopPrinter.print(program);
  }
}
