package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.ir.DType;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.text.Parser;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringException;
import dev.engram.lower.inspect.ProgramVerifier;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Folds over more points than an int can count, in little memory. */
class ManyPointsTest {
  private static final int N = 50_000;

  private static LoopProgram program(UnaryOperator<Tensor> fold) {
    Trace t = new Trace("many");
    Tensor x = t.input(TensorType.of(DType.F32, N, 1, 1), Role.INPUT, "");
    Tensor y = t.input(TensorType.of(DType.F32, 1, N, 1), Role.INPUT, "");
    Tensor z = t.input(TensorType.of(DType.F32, 1, 1, 8), Role.INPUT, "");
    return Lowering.lower(t.build(t.run(() -> List.of(t.lift(fold.apply(x.add(y).add(z)))))));
  }

  /** Returns the number of points of the largest fold of the compiled program. */
  private static long compiled(LoopProgram p, Vectors vectors) {
    CpuBackend cpu = new CpuBackend(new CpuOptions(1, vectors));
    CpuProgram code = (CpuProgram) cpu.compile(ProgramVerifier.verify(p));
    return code.nests().stream().mapToLong(n -> n.kernel.rows().foldedPoints()).max().orElseThrow();
  }

  /**
   * The sums of all pairs are not materialized: they are computed where they are read, without 10
   * GB of memory.
   */
  @Test
  void noBufferHoldsThem() {
    for (UnaryOperator<Tensor> fold :
        List.<UnaryOperator<Tensor>>of(x -> x.max(0, 1), x -> x.sum(0, 1), Tensor::sum)) {
      assertTrue(program(fold).arenaBytes() < 1 << 20, program(fold).arenaBytes() + " bytes");
    }
  }

  /** Control: a value as large as its operands is computed only once. */
  @Test
  void aLargeValueIsComputedOnce() {
    Trace t = new Trace("large");
    Tensor x = t.input(TensorType.of(DType.F32, N, N), Role.INPUT, "");
    LoopProgram p =
        Lowering.lower(
            t.build(
                t.run(
                    () -> {
                      Tensor y = x.mul(2).add(1);
                      return List.of(t.lift(y.transpose().sum(1)), t.lift(y.cumSum(0).max(0)));
                    })));
    assertTrue(p.arenaBytes() >= 4L * N * N, p.arenaBytes() + " bytes");
  }

  @Test
  void theyAreCountedExactly() {
    for (Vectors v : List.of(Vectors.OFF, Vectors.FORCE_256)) {
      assertEquals((long) N * N, compiled(program(x -> x.max(0, 1)), v));
      assertEquals((long) N * N, compiled(program(x -> x.sum(0, 1)), v));
      assertEquals((long) N * N * 8, compiled(program(Tensor::sum), v));
    }
  }

  /** More results than an int can count are refused with their line, before anything is written. */
  @Test
  void moreResultsThanAnIntCountsAreRefused() {
    LoopProgram p =
        Lowering.lower(
            Parser.parse(
                """
                graph @f(%x: bool[65536,65536,3]) -> bool[65536,65536,3] {
                  %0: bool[65536,65536,3] = transpose{perm=[1,0,2]}(%x)
                  %1: bool[65536,65536,3] = not(%0)   // Big.java:3
                  return %1
                }
                """));
    for (Vectors v : List.of(Vectors.OFF, Vectors.FORCE_256)) {
      CpuBackend cpu = new CpuBackend(new CpuOptions(1, v));
      LoweringException e = assertThrows(LoweringException.class, () -> cpu.compile(p));
      assertTrue(
          e.getMessage()
              .contains(
                  "for bool[65536,65536,3] has 4294967296 points, expected at most 2147483647"
                      + " (Big.java:3)"),
          e::getMessage);
      assertTrue(e.getMessage().contains("make it smaller"), e::getMessage);
    }
  }
}
