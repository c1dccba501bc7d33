package dev.engram.backend.cpu;

import static dev.engram.backend.cpu.Programs.access;
import static dev.engram.backend.cpu.Programs.at;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Rows;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops whose iterations run in several threads. */
class ParallelLoopTest {
  private static final DType T = DType.I32;
  private static final int SHARES = 6;
  private static final int STEPS = 5;
  private static final int ROWS = 4;

  private static final List<Long> ROW = List.of((long) ROWS, 0L);
  private static final List<Long> STEP = List.of((long) ROWS, (long) SHARES * ROWS);

  /**
   * Of each of {@link #SHARES} shares, h = h + x at each step, in two buffers that trade places,
   * with a check of h and then one of x. The result has h of all steps.
   */
  private static LoopProgram program(int steps) {
    Programs p = new Programs();
    int x = p.input(T, steps, SHARES, ROWS);
    int y = p.output(T, steps, SHARES, ROWS);
    int h = p.arena(T, SHARES, ROWS);
    int next = p.arena(T, SHARES, ROWS);
    Stmt clear =
        Programs.nest(
            "clear",
            new int[] {SHARES * ROWS},
            new Instr.Literal(T, 0),
            new Instr.Store(T, access(h, List.of(), 1), 0));
    Stmt add =
        Programs.nest(
            "add",
            new int[] {ROWS},
            new Instr.Load(T, access(h, ROW, 1)),
            new Instr.Load(T, access(x, STEP, 1)),
            new Instr.Apply(Rows.ADD, T, List.of(0, 1)),
            new Instr.Store(T, access(next, ROW, 1), 2),
            new Instr.Store(T, access(y, STEP, 1), 2));
    List<Stmt.Swap> swap = List.of(new Stmt.Swap(h, next));
    Stmt loop =
        new Stmt.Loop(
            steps,
            false,
            false,
            List.of(check("sums", h, ROW, steps), add, check("terms", x, STEP, steps)),
            swap);
    return p.of(
        clear,
        new Stmt.Loop(SHARES, false, true, List.of(loop), steps % 2 == 1 ? swap : List.of()));
  }

  private static Stmt check(String what, int buffer, List<Long> outer, int steps) {
    return Programs.nest(
        what,
        new int[] {ROWS},
        new Instr.Load(T, access(buffer, outer, 1)),
        new Instr.Check(
            T,
            0,
            new Check.Range(what, -1000, 1000),
            at(0, STEP, 1),
            List.of(steps, SHARES, ROWS),
            new SourceLocation("Net.java", 7)));
  }

  private static HostTensor terms(int steps) {
    Random r = new Random(3);
    int[] values = r.ints((long) steps * SHARES * ROWS, -9, 9).toArray();
    return HostTensor.of(values, steps, SHARES, ROWS);
  }

  private static CompiledProgram compiled(LoopProgram p, int threads) {
    return new CpuBackend(new CpuOptions(threads, Vectors.AUTO)).compile(p);
  }

  private static List<HostTensor> run(CompiledProgram code, LoopProgram p, HostTensor x) {
    return Comparison.run(code, p, List.of(x));
  }

  @ParameterizedTest
  @CsvSource({"1,5", "2,5", "3,4", "8,5", "16,4"})
  void allThreadsGiveTheSame(int threads, int steps) {
    LoopProgram p = program(steps);
    CompiledProgram code = compiled(p, threads);
    HostTensor x = terms(steps);
    HostTensor want = LoopInterpreter.run(p, List.of(x)).getFirst();
    for (int i = 0; i < 50; i++) {
      assertTrue(want.sameBits(run(code, p, x).getFirst()));
    }
  }

  /** As if all shares took their steps at the same time: the first step, then the first share. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void theErrorOfTheFirstStepIsThrown(int threads) {
    LoopProgram p = program(STEPS);
    CompiledProgram code = compiled(p, threads);
    int[][] orders = {{4, 0}, {3, 1}, {2, 4}, {2, 5}};
    for (int known = 1; known <= orders.length; known++) {
      HostTensor x = terms(STEPS);
      for (int[] bad : List.of(orders).subList(0, known)) {
        // the check of h fails at the next step, that of x at once
        x.setDouble(((long) bad[0] * SHARES + bad[1]) * ROWS + 2, 4000);
      }
      String want =
          assertThrows(RunException.class, () -> LoopInterpreter.run(p, List.of(x))).getMessage();
      int[] first = orders[Math.min(known, 3) - 1];
      assertTrue(want.contains("[" + first[0] + "," + first[1] + ",2]"), want);
      for (int i = 0; i < 20; i++) {
        assertEquals(want, assertThrows(RunException.class, () -> run(code, p, x)).getMessage());
      }
      HostTensor good = terms(STEPS);
      assertTrue(
          LoopInterpreter.run(p, List.of(good)).getFirst().sameBits(run(code, p, good).getFirst()));
    }
  }

  /** It ends whichever thread is in the loop, and the program runs again. */
  @Test
  void anInterruptEndsIt() throws InterruptedException {
    int many = 400_001;
    LoopProgram p = program(many);
    CompiledProgram code = compiled(p, 2);
    HostTensor x = HostTensor.allocate(terms(many).type());
    CountDownLatch started = new CountDownLatch(1);
    List<Throwable> thrown = new ArrayList<>();
    Thread caller =
        new Thread(
            () -> {
              started.countDown();
              try {
                for (int i = 0; i < 1000; i++) {
                  run(code, p, x);
                }
              } catch (InterruptedRunException e) {
                thrown.add(e);
              }
            });
    caller.start();
    started.await();
    Thread.sleep(50);
    caller.interrupt();
    caller.join(60_000);
    assertEquals(1, thrown.size(), thrown::toString);
    assertTrue(run(code, p, x).getFirst().sameBits(HostTensor.allocate(x.type())));
  }
}
