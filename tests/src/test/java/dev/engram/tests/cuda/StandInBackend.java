package dev.engram.tests.cuda;

import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostBackend;
import dev.engram.lower.LoopProgram;
import java.util.List;

/** The text of the CUDA backend on the stand-in for a card, in the memory of the host. */
public final class StandInBackend extends HostBackend {
  private static final int BLOCKS = 3;

  private final TextOptions options;

  public StandInBackend(TextOptions options) {
    this.options = options;
  }

  @Override
  public String name() {
    return "cuda-text";
  }

  @Override
  public CompiledProgram compile(LoopProgram program) {
    return StandInProgram.of(List.of(program), options).getFirst().launched(BLOCKS, 0, true);
  }
}
