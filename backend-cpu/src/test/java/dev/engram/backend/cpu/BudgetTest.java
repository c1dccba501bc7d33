package dev.engram.backend.cpu;

import static dev.engram.backend.cpu.Programs.access;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.op.Rows;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** HotSpot does not compile methods of 8000 bytes: generated ones stay below 6000 for any nest. */
final class BudgetTest {
  private static final int N = 50;

  /** y[i] = Σ_k tanh(x_k[i]), read and written at many places. */
  private static LoopProgram sumOfTanh(int terms) {
    Programs p = new Programs();
    List<Instr> body = new ArrayList<>();
    int sum = -1;
    for (int k = 0; k < terms; k++) {
      body.add(new Instr.Load(DType.F64, access(p.input(DType.F64, N), List.of(), 1)));
      body.add(new Instr.Apply(Rows.TANH, DType.F64, List.of(body.size() - 1)));
      if (sum >= 0) {
        body.add(new Instr.Apply(Rows.ADD, DType.F64, List.of(sum, body.size() - 1)));
      }
      sum = body.size() - 1;
      if (k % 7 == 0) {
        body.add(new Instr.Store(DType.F64, access(p.output(DType.F64, N), List.of(), 1), sum));
      }
    }
    body.add(new Instr.Store(DType.F64, access(p.output(DType.F64, N), List.of(), 1), sum));
    return p.of(Programs.nest("sum", new int[] {N}, body.toArray(Instr[]::new)));
  }

  private static int largest(CpuProgram e, Vectors vectors) {
    return e.nests().stream()
        .flatMap(n -> n.kernel.bytecode(vectors).stream())
        .mapToInt(HiddenClassWriter::largestMethod)
        .max()
        .orElseThrow();
  }

  @Test
  void everyMethodIsSmallEnough() {
    for (int terms : new int[] {1, 4, 10, 60}) {
      LoopProgram p = sumOfTanh(terms);
      CpuProgram e = (CpuProgram) new CpuBackend(new CpuOptions(1, Vectors.FORCE_256)).compile(p);
      int bytes = largest(e, Vectors.FORCE_256);
      assertTrue(bytes <= HiddenClassWriter.METHOD_BUDGET, terms + " terms: " + bytes + " bytes");
      assertTrue(bytes > 200, "there is something to measure");
      List<HostTensor> in = MatmulTest.inputs(p, new Random(terms));
      Comparison.close(p, LoopInterpreter.run(p, in), Comparison.run(e, p, in));
    }
  }

  @Test
  void largeBodiesAreSplit() {
    CpuProgram e =
        (CpuProgram) new CpuBackend(new CpuOptions(1, Vectors.OFF)).compile(sumOfTanh(60));
    assertTrue(e.nests().getFirst().kernel.rows().body().passes().size() > 1);
  }
}
