package dev.engram.lower;

import static dev.engram.lower.Oracle.f64;
import static dev.engram.lower.Oracle.scan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.inspect.LoopPrinter;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Which values are written over what they are made of. */
class InPlaceValuesTest {
  private static final TensorType W = f64(16, 16);
  private static final List<TensorType> TYPES = List.of(W, W, W);

  private static LoopProgram program(List<Update> updates, Function<List<Tensor>, List<Tensor>> f) {
    return Oracle.program(TYPES, updates, f);
  }

  /** Matrices that the arena has room for. */
  private static long matrices(Function<List<Tensor>, List<Tensor>> f) {
    return program(List.of(), f).arenaBytes() / W.bytes();
  }

  private static Tensor xx(List<Tensor> x) {
    return x.get(0).matmul(x.get(0));
  }

  private static Tensor xy(List<Tensor> x) {
    return x.get(0).matmul(x.get(1));
  }

  @Test
  void aChainOfSumsTakesOnlyTheMemoryOfItsResult() {
    assertEquals(0, matrices(x -> List.of(xx(x).add(xy(x)))));
    assertEquals(
        1,
        matrices(x -> List.of(xx(x).add(xy(x)).mul(x.get(1)).add(x.get(2).matmul(x.get(2))))),
        "a nest that reads two for the last time writes over one");
    // behind the sum it is read as the operand of a product: one matrix for all of the chain
    assertEquals(1, matrices(x -> List.of(xx(x).add(xy(x)).matmul(x.get(2)))));
  }

  @Test
  void whatIsReadLaterOrElsewhereKeepsItsMemory() {
    assertEquals(
        1,
        matrices(
            x -> {
              Tensor a = xx(x);
              Tensor b = a.add(xy(x));
              return List.of(b, a.matmul(x.get(2)));
            }),
        "read later");
    assertEquals(
        1,
        matrices(
            x -> {
              Tensor a = xx(x);
              return List.of(a.add(xy(x)).add(a.transpose(1, 0)));
            }),
        "transposed, too");
    assertEquals(
        1,
        matrices(
            x -> {
              Tensor a = xx(x);
              return List.of(a.add(a.matmul(x.get(1))));
            }),
        "an operand of the product, too");
  }

  @Test
  void parametersAreNotWrittenOver() {
    LoopProgram p = program(List.of(), x -> List.of(x.get(2).add(xy(x))));
    assertTrue(p.inPlace(0).isEmpty());
    assertFalse(p.inputs().contains(p.outputs().getFirst()));
  }

  /** A next value of a parameter takes its memory, and nothing before is written there. */
  @Test
  void updatesStayInPlace() {
    Function<List<Tensor>, List<Tensor>> next = x -> List.of(xx(x).add(xy(x)).add(x.get(2)));
    LoopProgram p = program(List.of(new Update(2, 0)), next);
    assertEquals(p.inputs().get(2), p.outputs().getFirst(), () -> LoopPrinter.print(p));
    assertEquals(1, p.arenaBytes() / W.bytes());
    // Control: what is no update takes no memory of its own.
    assertEquals(0, matrices(next));
  }

  @Test
  void whatLoopsSwapKeepsItsMemory() {
    LoopProgram p =
        program(
            List.of(),
            x -> {
              Tensor end =
                  scan(
                          5,
                          false,
                          List.of(x.get(1)),
                          List.of(x.get(0)),
                          List.of(),
                          a -> List.of(a.get(1).matmul(a.get(0))))
                      .getFirst();
              return List.of(end.add(xy(x)), end.sum(0));
            });
    assertTrue(p.arenaBytes() >= 2 * W.bytes(), () -> LoopPrinter.print(p));
  }

  /** A result that is a value as it is takes no nest that copies. */
  @Test
  void noCopyFromABufferToItself() {
    LoopProgram p = program(List.of(), x -> List.of(xx(x), xx(x).add(xy(x))));
    for (Stmt s : p.steps()) {
      Stmt.Nest n = (Stmt.Nest) s;
      assertFalse(
          n.body().size() == 2
              && n.body().get(0) instanceof Instr.Load l
              && n.body().get(1) instanceof Instr.Store t
              && l.from().equals(t.to()),
          () -> LoopPrinter.print(p));
    }
  }
}
