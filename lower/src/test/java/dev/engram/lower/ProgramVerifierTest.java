package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.lower.emit.InstrRewriter;
import dev.engram.lower.inspect.ProgramVerifier;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each rule of loop programs, by a program that breaks it. */
class ProgramVerifierTest {
  private static final TensorType T = TensorType.of(DType.F32, 4);

  private static Access at(int buffer, long offset, long... inner) {
    return new Access(
        buffer, new AffineMap(offset, List.of(), java.util.Arrays.stream(inner).boxed().toList()));
  }

  private static Stmt.Nest nest(List<Stmt.Axis> axes, List<Instr> body, List<Instr> epilogue) {
    return new Stmt.Nest("planted", axes, body, epilogue, new SourceLocation("Model.java", 3));
  }

  /** Buffers 0: input, 1: output, 2 and 3: arena, in the same memory. */
  private static LoopProgram program(Stmt... steps) {
    List<LoopBuffer> buffers =
        List.of(
            new LoopBuffer(T, new LoopBuffer.Place.Input(0)),
            new LoopBuffer(T, new LoopBuffer.Place.Output(0)),
            new LoopBuffer(T, new LoopBuffer.Place.Arena(0)),
            new LoopBuffer(T, new LoopBuffer.Place.Arena(0)));
    return new LoopProgram("p", buffers, List.of(0), List.of(1), List.of(steps), 16);
  }

  private static final List<Stmt.Axis> FOUR = List.of(new Stmt.Axis(4, false));

  private static Stmt copy(int from, int to) {
    return nest(
        FOUR,
        List.of(
            new Instr.Load(DType.F32, at(from, 0, 1)), new Instr.Store(DType.F32, at(to, 0, 1), 0)),
        List.of());
  }

  private static void refused(String expected, Stmt... steps) {
    LoweringException e =
        assertThrows(
            LoweringException.class, () -> ProgramVerifier.verify(program(steps)), expected);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  @Test
  void whatKeepsTheRulesPasses() {
    LoopProgram p = program(copy(0, 2), copy(2, 1), copy(0, 3));
    assertEquals(p, ProgramVerifier.verify(p));
  }

  @Test
  void accessesStayInTheirBuffer() {
    Instr far = new Instr.Load(DType.F32, at(0, 1, 1));
    refused("reaches elements 1..4", nest(FOUR, List.of(far), List.of()));
  }

  @Test
  void valuesAreDefinedFirstAndHaveTheirTypes() {
    Instr add = new Instr.Apply(Rows.ADD, DType.F32, List.of(0, 1));
    Instr load = new Instr.Load(DType.F32, at(0, 0, 1));
    refused("v1 is not defined", nest(FOUR, List.of(load, add), List.of()));
    Instr wide = new Instr.Literal(DType.F64, 0);
    refused("v1 is f64, expected f32", nest(FOUR, List.of(load, wide, add), List.of()));
  }

  @Test
  void mapsHaveAStrideForEveryAxis() {
    Instr load = new Instr.Load(DType.F32, at(0, 0, 1, 0));
    refused("0+2 strides, expected 0+1", nest(FOUR, List.of(load), List.of()));
  }

  @Test
  void inputsAreNotWritten() {
    refused("b0 is never written", copy(0, 0));
  }

  @Test
  void aBufferReadAndWrittenHasOneMap() {
    Instr load = new Instr.Load(DType.F32, at(2, 3, -1));
    Instr store = new Instr.Store(DType.F32, at(2, 0, 1), 0);
    refused("is read and written at", nest(FOUR, List.of(load, store), List.of()));
    Instr late = new Instr.Load(DType.F32, at(2, 0, 1));
    refused(
        "reads b2 after writing it",
        nest(FOUR, List.of(new Instr.Literal(DType.F32, 0), store, late), List.of()));
  }

  @Test
  void noElementIsWrittenTwice() {
    Instr zero = new Instr.Literal(DType.F32, 0);
    refused(
        "two points may write one element",
        nest(FOUR, List.of(zero, new Instr.Store(DType.F32, at(1, 0, 0), 0)), List.of()));
  }

  @Test
  void epiloguesUseFoldsOnly() {
    List<Stmt.Axis> fold = List.of(new Stmt.Axis(4, true));
    Instr load = new Instr.Load(DType.F32, at(0, 0, 1));
    Instr sum = new Instr.Fold(Reduce.Kind.SUM, DType.F32, 0, FoldOrder.PLAIN);
    Instr bad = new Instr.Store(DType.F32, at(1, 0, 0), 0);
    Instr good = new Instr.Store(DType.F32, at(1, 0, 0), 1);
    ProgramVerifier.verify(program(nest(fold, List.of(load, sum), List.of(good))));
    refused("which is not a fold", nest(fold, List.of(load, sum), List.of(bad)));
    refused("without reduction axes", nest(FOUR, List.of(load), List.of(good)));
    Instr moving = new Instr.Store(DType.F32, at(1, 0, 1), 1);
    refused("moves along reduction axis", nest(fold, List.of(load, sum), List.of(moving)));
  }

  @Test
  void chainsOfSumsAreShort() {
    order("a chain of 129 terms", 129, FoldOrder.PLAIN);
    order("a chain of 129 terms", 129 * 16, FoldOrder.inLanes(16));
    order("a chain of 200 terms", 1000, new FoldOrder(1, 200, FoldOrder.ALL));
    order("expected a power of two", 10, FoldOrder.inLanes(3));
    order("cut within 4 lanes", 100, new FoldOrder(4, 6, 12));
    order("shares of 3 points", 100, new FoldOrder(1, 4, 3));
    for (FoldOrder good :
        List.of(new FoldOrder(1, 128, FoldOrder.ALL), new FoldOrder(16, 32, 64))) {
      ProgramVerifier.verify(program(sum(1000, good)));
    }
    ProgramVerifier.verify(program(sum(128, FoldOrder.PLAIN)));
  }

  private void order(String message, int n, FoldOrder order) {
    refused(message, sum(n, order));
  }

  @Test
  void onlyFoldsThatRoundHaveBlocks() {
    FoldOrder cut = new FoldOrder(1, 128, FoldOrder.ALL);
    refused("expected one block", fold(Reduce.Kind.MAX, 1000, cut));
    refused("expected one block", fold(Reduce.Kind.MIN, 100, new FoldOrder(1, 10, 20)));
    ProgramVerifier.verify(program(fold(Reduce.Kind.MAX, 1000, FoldOrder.inLanes(16))));
    ProgramVerifier.verify(program(fold(Reduce.Kind.PROD, 1000, cut)));
  }

  private Stmt.Nest sum(int n, FoldOrder order) {
    return fold(Reduce.Kind.SUM, n, order);
  }

  private Stmt.Nest fold(Reduce.Kind kind, int n, FoldOrder order) {
    return nest(
        List.of(new Stmt.Axis(n, true)),
        List.of(new Instr.Literal(DType.F32, 0), new Instr.Fold(kind, DType.F32, 0, order)),
        List.of(new Instr.Store(DType.F32, at(1, 0, 0), 1)));
  }

  @Test
  void buffersInOneMemoryAreNotAliveAtOnce() {
    refused("whose memory b3 has taken over", copy(0, 2), copy(0, 3), copy(2, 1));
    List<Stmt> body = List.of(copy(2, 1), copy(0, 3));
    refused(
        "whose memory b3 has taken over",
        copy(0, 2),
        new Stmt.Loop(2, false, false, deeper(body), List.of()));
  }

  private static List<Stmt> deeper(List<Stmt> steps) {
    List<Stmt> inside = new ArrayList<>();
    for (Stmt s : steps) {
      Stmt.Nest n = (Stmt.Nest) s;
      inside.add(
          nest(
              n.axes(),
              n.body().stream()
                  .map(
                      i ->
                          InstrRewriter.maps(
                              i, m -> new AffineMap(m.offset(), List.of(0L), m.inner())))
                  .toList(),
              n.epilogue()));
    }
    return inside;
  }
}
