package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.lower.inspect.ProgramVerifier;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Parallel loops whose iterations are not independent, each in another way. */
class ParallelVerifierTest {
  private static final TensorType T = TensorType.of(DType.F32, 6, 3);

  /** Two iterations over two rows each. */
  private static Access rows(int buffer, long offset) {
    return access(buffer, offset, 6, 3, 1);
  }

  private static Access access(int buffer, long offset, long counter, long... inner) {
    return new Access(
        buffer,
        new AffineMap(offset, List.of(counter), java.util.Arrays.stream(inner).boxed().toList()));
  }

  private static Stmt.Nest copy(Access from, Access to) {
    return nest(2, new Instr.Load(DType.F32, from), new Instr.Store(DType.F32, to, 0));
  }

  private static Stmt.Nest nest(int rows, Instr... body) {
    return new Stmt.Nest(
        "planted",
        List.of(new Stmt.Axis(rows, false), new Stmt.Axis(3, false)),
        List.of(body),
        List.of(),
        new SourceLocation("Model.java", 3));
  }

  private static Stmt.Loop parallel(List<Stmt.Swap> swaps, Stmt... body) {
    return new Stmt.Loop(2, false, true, List.of(body), swaps);
  }

  /** Buffers 0: input, 1: output, 2 and 3: arena, which may share memory. */
  private static LoopProgram program(long second, Stmt... steps) {
    List<LoopBuffer> buffers =
        List.of(
            new LoopBuffer(T, new LoopBuffer.Place.Input(0)),
            new LoopBuffer(T, new LoopBuffer.Place.Output(0)),
            new LoopBuffer(T, new LoopBuffer.Place.Arena(0)),
            new LoopBuffer(T, new LoopBuffer.Place.Arena(second)));
    return new LoopProgram(
        "p", buffers, List.of(0), List.of(1), List.of(steps), second + T.bytes());
  }

  private static void refused(String expected, LoopProgram p) {
    LoweringException e =
        assertThrows(LoweringException.class, () -> ProgramVerifier.verify(p), expected);
    assertTrue(String.valueOf(e.getMessage()).contains(expected), e.getMessage());
  }

  @Test
  void rowsOfTheirOwnPass() {
    ProgramVerifier.verify(
        program(
            128,
            parallel(
                List.of(),
                copy(rows(0, 0), rows(2, 0)),
                copy(rows(2, 0), rows(3, 0)),
                copy(rows(3, 0), rows(1, 0)))));
  }

  @Test
  void rowsOfOthers() {
    // what is only read is everyone's
    ProgramVerifier.verify(
        program(128, parallel(List.of(), copy(access(0, 0, 0, 3, 1), rows(1, 0)))));
    refused(
        "reaches element 0 of b1 in iteration 1, expected 1 or more",
        program(128, parallel(List.of(), copy(rows(0, 0), access(1, 0, 0, 3, 1)))));
    refused(
        "planted (Model.java:3) touches elements of b1 that other iterations have",
        program(128, parallel(List.of(), copy(rows(0, 0), access(1, 3, 3, 3, 1)))));
    refused(
        "expected 6",
        program(
            128,
            parallel(
                List.of(), copy(rows(0, 0), rows(2, 0)), copy(access(2, 0, 3, 3, 1), rows(1, 0)))));
  }

  @Test
  void rowsThatAnIndexChooses() {
    Instr index = new Instr.Literal(DType.I32, 1);
    refused(
        "touches elements of b2",
        program(
            128,
            parallel(
                List.of(),
                copy(rows(0, 0), rows(2, 0)),
                nest(
                    2,
                    index,
                    new Instr.LoadAt(DType.F32, access(2, 0, 6, 0, 1), 0, 3, 3),
                    new Instr.Store(DType.F32, rows(1, 0), 1)))));
    ProgramVerifier.verify(
        program(
            128,
            parallel(
                List.of(),
                copy(rows(0, 0), rows(2, 0)),
                nest(
                    2,
                    index,
                    new Instr.LoadAt(DType.F32, access(2, 0, 6, 0, 1), 0, 3, 2),
                    new Instr.Store(DType.F32, rows(1, 0), 1)))));
  }

  /** One iteration would write over what another has not read yet, at another step. */
  @Test
  void memoryThatTwoBuffersShare() {
    Stmt.Loop both =
        parallel(
            List.of(),
            copy(rows(0, 0), rows(2, 0)),
            copy(rows(2, 0), rows(1, 0)),
            copy(rows(0, 0), rows(3, 0)),
            copy(rows(3, 0), rows(1, 0)));
    ProgramVerifier.verify(program(128, both));
    refused("b2 and b3 share memory", program(32, both));
  }

  @Test
  void buffersThatAreNotPutBack() {
    Stmt.Nest inner =
        new Stmt.Nest(
            "planted",
            List.of(new Stmt.Axis(2, false), new Stmt.Axis(3, false)),
            List.of(
                new Instr.Load(
                    DType.F32, new Access(2, new AffineMap(0, List.of(6L, 0L), List.of(3L, 1L)))),
                new Instr.Store(
                    DType.F32,
                    new Access(3, new AffineMap(0, List.of(6L, 0L), List.of(3L, 1L))),
                    0)),
            List.of(),
            new SourceLocation("Model.java", 3));
    List<Stmt.Swap> swap = List.of(new Stmt.Swap(2, 3));
    for (int length : new int[] {3, 4}) {
      Stmt.Loop steps = new Stmt.Loop(length, false, false, List.of(inner), swap);
      LoopProgram as = program(128, parallel(List.of(), steps));
      LoopProgram back = program(128, parallel(swap, steps));
      ProgramVerifier.verify(length == 3 ? back : as);
      refused("an iteration exchanges buffers", length == 3 ? as : back);
    }
  }
}
