package dev.engram.backend.cpu;

import static dev.engram.backend.cpu.Programs.access;
import static dev.engram.backend.cpu.Programs.nest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Rows;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Loops, counters, swaps and branches. */
final class StepsTest {
  private static final DType T = DType.F32;
  private static final int N = 37;

  private static List<HostTensor> check(LoopProgram p, List<HostTensor> in) {
    List<HostTensor> want = LoopInterpreter.run(p, in);
    List<CpuOptions> all = new ArrayList<>(RandomNestTest.OTHERS);
    all.add(new CpuOptions(1, Vectors.OFF));
    for (CpuOptions o : all) {
      CpuProgram e = (CpuProgram) new CpuBackend(o).compile(p);
      for (int i = 0; i < 3; i++) {
        Comparison.same(p, want, Comparison.run(e, p, in));
      }
    }
    return want;
  }

  /** h = 2 h + x[t]; y[t] = h, with the new h in another buffer that is then swapped. */
  private static LoopProgram recurrence(int length, boolean reverse) {
    Programs p = new Programs();
    int x = p.input(T, Math.max(1, length), N);
    int y = p.output(T, Math.max(1, length), N);
    int last = p.output(T, N);
    int h = p.arena(T, N);
    int next = p.arena(T, N);
    List<Long> o = List.of((long) N);
    Stmt.Loop loop =
        new Stmt.Loop(
            length,
            reverse,
            false,
            List.of(
                nest(
                    "step",
                    new int[] {N},
                    new Instr.Load(T, access(h, List.of(0L), 1)),
                    new Instr.Load(T, access(x, o, 1)),
                    new Instr.Literal(T, T.bitsOf(2)),
                    new Instr.Apply(Rows.MUL, T, List.of(0, 2)),
                    new Instr.Apply(Rows.ADD, T, List.of(3, 1)),
                    new Instr.Store(T, access(next, List.of(0L), 1), 4),
                    new Instr.Store(T, access(y, o, 1), 4))),
            List.of(new Stmt.Swap(h, next)));
    return p.of(
        nest(
            "zero y",
            new int[] {Math.max(1, length), N},
            new Instr.Literal(T, 0),
            new Instr.Store(T, access(y, List.of(), N, 1), 0)),
        nest(
            "zero h",
            new int[] {N},
            new Instr.Literal(T, 0),
            new Instr.Store(T, access(h, List.of(), 1), 0)),
        loop,
        nest(
            "last",
            new int[] {N},
            new Instr.Load(T, access(h, List.of(), 1)),
            new Instr.Store(T, access(last, List.of(), 1), 0)));
  }

  @Test
  void loopsCountAndSwap() {
    for (int length : new int[] {0, 1, 2, 5}) {
      for (boolean reverse : new boolean[] {false, true}) {
        LoopProgram p = recurrence(length, reverse);
        check(p, MatmulTest.inputs(p, new Random(length)));
      }
    }
    // the direction matters
    List<HostTensor> in = MatmulTest.inputs(recurrence(5, true), new Random(1));
    assertNotEquals(
        LoopInterpreter.run(recurrence(5, true), in).get(1).getDouble(0),
        LoopInterpreter.run(recurrence(5, false), in).get(1).getDouble(0));
  }

  /** y[i,j] = c[j] where mask[i], else -c[j]: a branch inside two loops. */
  @Test
  void branchesReadTheirCounters() {
    Programs p = new Programs();
    int mask = p.input(DType.BOOL, 4);
    int y = p.output(T, 4, 3, N);
    int c = p.constant(HostTensor.full(TensorType.of(T, N), 3));
    List<Long> o = List.of(3L * N, (long) N);
    List<Long> none = List.of(0L, 0L);
    Stmt branch =
        new Stmt.Branch(
            access(mask, List.of(1L, 0L)),
            List.of(
                nest(
                    "yes",
                    new int[] {N},
                    new Instr.Load(T, access(c, none, 1)),
                    new Instr.Store(T, access(y, o, 1), 0))),
            List.of(
                nest(
                    "no",
                    new int[] {N},
                    new Instr.Load(T, access(c, none, 1)),
                    new Instr.Apply(Rows.NEG, T, List.of(0)),
                    new Instr.Store(T, access(y, o, 1), 1))));
    LoopProgram program =
        p.of(
            new Stmt.Loop(
                4,
                false,
                false,
                List.of(new Stmt.Loop(3, true, false, List.of(branch), List.of())),
                List.of()));
    HostTensor y0 =
        check(program, List.of(HostTensor.of(new boolean[] {true, false, false, true}, 4)))
            .getFirst();
    assertEquals(3, y0.getDouble(0));
    assertEquals(-3, y0.getDouble(3L * N));
  }
}
