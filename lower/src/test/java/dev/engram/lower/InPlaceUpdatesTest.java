package dev.engram.lower;

import static dev.engram.lower.Oracle.f64;
import static dev.engram.lower.Oracle.scan;
import static dev.engram.lower.Oracle.trace;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Which results are written over the parameter that they are the next value of. */
class InPlaceUpdatesTest {
  private static final TensorType W = f64(3, 3);

  /** The program of {@code f}, whose first result is the next value of its first parameter. */
  private static LoopProgram program(
      List<TensorType> types, Function<List<Tensor>, List<Tensor>> f) {
    return Oracle.program(types, List.of(new Update(0, 0)), f);
  }

  private static boolean isInPlace(Function<List<Tensor>, List<Tensor>> f) {
    return program(List.of(W, W), f).inPlace(0).isPresent();
  }

  @Test
  void whatIsReadAndWrittenAtTheSamePlaceIsWrittenOver() {
    assertTrue(isInPlace(x -> List.of(x.get(0).sub(x.get(1).mul(0.1)))));
    assertTrue(isInPlace(x -> List.of(x.get(1).mul(0.1))), "it need not be read");
    assertTrue(
        isInPlace(x -> List.of(x.get(0).sub(x.get(0).matmul(x.get(1)).matmul(x.get(1))))),
        "read elsewhere before");
    assertTrue(
        isInPlace(
            x -> {
              Tensor next = x.get(0).add(x.get(1));
              return List.of(next, next.matmul(next).sum(0));
            }),
        "read afterwards for its new value");
  }

  @Test
  void whatIsReadLaterOrElsewhereIsNot() {
    assertFalse(isInPlace(x -> List.of(x.get(0).transpose(1, 0).add(x.get(1)))));
    assertFalse(isInPlace(x -> List.of(x.get(0).matmul(x.get(1)))));
    assertFalse(
        isInPlace(
            x -> {
              Tensor next = x.get(0).add(x.get(1).matmul(x.get(1)));
              return List.of(next, next.matmul(x.get(0)));
            }));
  }

  @Test
  void nothingMayStopARunThatWritesOverItsInputs() {
    LoopProgram after =
        program(
            List.of(W, f64(5, 3, 3)),
            x -> {
              Tensor next = x.get(0).add(1);
              List<Tensor> run =
                  scan(
                      5,
                      false,
                      List.of(),
                      List.of(next),
                      List.of(x.get(1)),
                      s -> List.of(s.get(0).mul(s.get(1))));
              return List.of(next, run.get(0));
            });
    assertEquals(OptionalInt.empty(), after.inPlace(0), () -> LoopPrinter.print(after));
  }

  private static Tensor rowOfAUser(Tensor x) {
    ElementwiseRow row =
        ElementwiseRow.of(
            "users", 1, (a, _, _) -> a + 1, Rows.TANH.domain(), List.of((_, y) -> y.like(1)));
    return Tensor.apply(new Elementwise(row), List.of(x)).getFirst();
  }

  /** It may throw, and the parameter is to be as it was then. */
  @Test
  void noFunctionOfAUserRunsOnceAnInputIsWrittenOver() {
    assertFalse(isInPlace(x -> List.of(rowOfAUser(x.get(0)))));
    assertTrue(isInPlace(x -> List.of(x.get(0).add(1))), "control");
    assertTrue(
        isInPlace(x -> List.of(x.get(0).add(1), rowOfAUser(x.get(1).matmul(x.get(1))))),
        "it comes before the update");
    assertFalse(isInPlace(x -> List.of(x.get(0).add(1), rowOfAUser(x.get(0).add(1)))));
  }

  @Test
  void anUpdateComesAfterWhatReadsTheOldValueOrCanStopTheRun() {
    LoopProgram p =
        program(
            List.of(W, f64(5, 3, 3)),
            x -> {
              Tensor next = x.get(0).add(1);
              List<Tensor> run =
                  scan(
                      5,
                      false,
                      List.of(),
                      List.of(x.get(0)),
                      List.of(x.get(1)),
                      s -> List.of(s.get(0).mul(s.get(1))));
              Tensor old = x.get(0).matmul(x.get(0));
              return List.of(next, run.get(0), old);
            });
    assertEquals(OptionalInt.of(0), p.inPlace(0), () -> LoopPrinter.print(p));
    assertEquals(p.steps().size() - 1, p.firstUpdate());
  }

  @Test
  void theBufferOfTheResultIsGone() {
    Function<List<Tensor>, List<Tensor>> step = x -> List.of(x.get(0).sub(x.get(1).mul(0.1)));
    LoopProgram p = program(List.of(W, W), step);
    LoopProgram apart = Lowering.lower(trace(List.of(W, W), step));
    assertEquals(apart.buffers().size() - 1, p.buffers().size());
    assertEquals(p.inputs().getFirst(), p.outputs().getFirst());
    assertEquals(0, p.firstUpdate());
    assertEquals(apart.steps().size(), apart.firstUpdate());
  }

  /** Others read the value: the run goes on in a copy. */
  @Test
  void aRunGoesOnWhereItIsTold() {
    LoopProgram p = program(List.of(W, W), x -> List.of(x.get(0).sub(x.get(1).mul(0.3))));
    CompiledProgram code = new LoopInterpreter().compile(p);
    HostTensor w = HostTensor.full(W, 1);
    HostTensor g = HostTensor.full(W, 2);
    HostTensor copy = HostTensor.allocate(W);
    code.run(
        List.of(w, g),
        List.of(w),
        () -> {
          copy.segment().copyFrom(w.segment());
          return List.of(copy);
        });
    assertEquals(1, w.getDouble(0));
    assertEquals(0.4, copy.getDouble(0), 1e-12);
    code.run(List.of(w, g), List.of(w));
    assertEquals(0.4, w.getDouble(8), 1e-12);
    LoweringException e =
        assertThrows(LoweringException.class, () -> code.run(List.of(w, g), List.of(copy)));
    assertEquals(
        "@program: output 0 is another tensor than input 0, which it is written over",
        e.getMessage());
  }

  @Test
  void anErrorOfTheRunsOwnerComesBeforeTheFirstWrite() {
    LoopProgram p = program(List.of(W, W), x -> List.of(x.get(0).add(x.get(1))));
    HostTensor w = HostTensor.full(W, 1);
    assertThrows(
        IllegalStateException.class,
        () ->
            new LoopInterpreter()
                .compile(p)
                .run(
                    List.of(w, w.like(1).host()),
                    List.of(w),
                    () -> {
                      throw new IllegalStateException("no memory");
                    }));
    assertEquals(1, w.getDouble(0));
  }

  @Test
  void randomProgramsDoTheSameInPlace() {
    int inPlace = 0;
    for (long seed = 0; seed < 200; seed++) {
      Graph g = RandomPrograms.program(seed);
      List<Update> updates = new ArrayList<>();
      for (int i = 0; i < g.paramTypes().size(); i++) {
        for (int k = 0; k < g.outTypes().size(); k++) {
          int out = k;
          if (g.outTypes().get(k).equals(g.paramTypes().get(i))
              && updates.stream().noneMatch(u -> u.output() == out)) {
            updates.add(new Update(i, k));
            break;
          }
        }
      }
      LoopProgram p = ProgramVerifier.verify(Lowering.lower(g, updates));
      inPlace += p.firstUpdate() < p.steps().size() ? 1 : 0;
      assertTrue(Oracle.agree(g, p), () -> LoopPrinter.print(p));
    }
    assertTrue(inPlace >= 20, inPlace + " programs write over their inputs");
  }
}
