package dev.engram.tests.cuda;

import dev.engram.backend.cuda.text.RowExactness;
import dev.engram.ir.HostTensor;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import dev.engram.tests.random.Ways;
import java.util.List;

/** Compares results of a card with those of {@code cpu}, and counts them. */
final class CardComparison {
  private final Backend cpu = Ways.backend("cpu");
  private int programs;
  private int results;
  private int exempt;

  Outcome cpu(LoopProgram program, List<HostTensor> args) {
    return Outcome.of(() -> RunOperands.run(cpu, program, args));
  }

  /**
   * Runs a program on a card.
   *
   * @param code of the program, for {@code card}
   * @throws AssertionError for a result that differs from {@code cpu}'s and may not
   */
  void check(
      LoopProgram program, List<HostTensor> args, Device card, CompiledProgram code, Outcome want) {
    Outcome got = Outcome.of(() -> RunOperands.of(program, card, args).run(code));
    exempt += got.compare(want, RowExactness.of(program));
    results += want.values().size();
    programs++;
  }

  @Override
  public String toString() {
    return "%d programs, %d results, %d of them within the tolerance but not the same bits"
        .formatted(programs, results, exempt);
  }
}
