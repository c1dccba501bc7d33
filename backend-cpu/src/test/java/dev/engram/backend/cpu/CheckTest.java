package dev.engram.backend.cpu;

import static dev.engram.backend.cpu.Programs.access;
import static dev.engram.backend.cpu.Programs.at;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.Check;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A failed check names the first failing element, whatever the number of threads. */
final class CheckTest {
  private static final int ROWS = 3000;
  private static final int COLUMNS = 40;

  private static LoopProgram program() {
    Programs p = new Programs();
    int x = p.input(DType.I32, ROWS, COLUMNS);
    int y = p.output(DType.I32, ROWS, COLUMNS);
    return p.of(
        Programs.nest(
            "labels",
            new int[] {ROWS, COLUMNS},
            new Instr.Load(DType.I32, access(x, List.of(), COLUMNS, 1)),
            new Instr.Check(
                DType.I32,
                0,
                new Check.Range("labels", 0, 10),
                at(0, List.of(), COLUMNS, 1),
                List.of(ROWS, COLUMNS),
                new SourceLocation("Net.java", 7)),
            new Instr.Store(DType.I32, access(y, List.of(), COLUMNS, 1), 1)));
  }

  @Test
  void theFirstOneIsReported() {
    LoopProgram p = program();
    int[] values = new int[ROWS * COLUMNS];
    HostTensor good = HostTensor.of(values, ROWS, COLUMNS);
    values[2999 * COLUMNS + 39] = 11;
    values[1500 * COLUMNS + 3] = -4;
    values[1500 * COLUMNS + 2] = 10;
    values[2000 * COLUMNS] = 99;
    HostTensor bad = HostTensor.of(values, ROWS, COLUMNS);
    String want =
        assertThrows(RunException.class, () -> LoopInterpreter.run(p, List.of(bad))).getMessage();
    for (int threads = 1; threads <= 4; threads++) {
      CompiledProgram e = new CpuBackend(new CpuOptions(threads, Vectors.AUTO)).compile(p);
      for (int i = 0; i < 5; i++) {
        assertEquals(
            want,
            assertThrows(RunException.class, () -> Comparison.run(e, p, List.of(bad)))
                .getMessage());
        // and a failure does not affect later runs
        Comparison.same(p, List.of(good), Comparison.run(e, p, List.of(good)));
      }
    }
    assertEquals("labels[1500,2] = 10, expected 0 <= value < 10 (Net.java:7)", want);
  }
}
