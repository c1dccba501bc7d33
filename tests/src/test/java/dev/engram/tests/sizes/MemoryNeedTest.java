package dev.engram.tests.sizes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.tensor.NestedArray;
import dev.engram.spiking.Delay;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Types that there are, and memory for them that there is not: what was asked for, what is held, by
 * whom, and what raises the limit.
 */
class MemoryNeedTest {
  private static final int N = 1 << 20;

  /** Sums of all pairs: 4 TB in f32, which are stored where what reads them does not fuse. */
  private static Tensor pairs(Tensor x) {
    return x.expandDims(1).add(x);
  }

  private static final Map<String, UnaryOperator<Tensor>> PROGRAMS =
      Map.of(
          "a result", MemoryNeedTest::pairs, "a value on the way", x -> pairs(x).cumSum(0).max(0));

  @TestFactory
  Stream<DynamicTest> isSaidByEachBackend() {
    return Stream.of("cpu", "loops")
        .flatMap(
            b ->
                PROGRAMS.entrySet().stream()
                    .map(
                        e ->
                            DynamicTest.dynamicTest(
                                b + ": " + e.getKey(), () -> refused(b, e.getValue()))));
  }

  private static void refused(String backend, UnaryOperator<Tensor> f) {
    HostTensor x = HostTensor.of(new float[N], N);
    String says =
        assertThrows(
                OutOfMemoryError.class,
                () -> Engram.jit(new Compiler(backend), (Tensor t) -> f.apply(t)).apply(x))
            .getMessage();
    // 2^40 elements of 4 bytes, perhaps several of them
    assertTrue(says.startsWith("apply (MemoryNeedTest.java:"), says);
    assertTrue(says.matches(".*: no \\d+(\\.\\d)? TB for .* outside the heap: .*"), says);
    assertTrue(says.contains(" are held ("), says);
    assertTrue(says.contains("-XX:MaxDirectMemorySize="), says);
  }

  /** What reads the pairs at once needs no memory for them; smaller here, for time's sake. */
  @Test
  void whatIsNotStoredNeedsNone() {
    HostTensor x = HostTensor.of(new float[300], 300);
    for (String backend : List.of("cpu", "loops", "interpreter")) {
      Tensor y = Engram.jit(new Compiler(backend), (Tensor t) -> pairs(t).max()).apply(x);
      assertEquals(0, y.host().item());
    }
  }

  /**
   * One for each way in which ops are interpreted, on tensors of more elements than an int counts.
   */
  @Test
  void anInterpretedOpSaysHowManyElementsItCannotCount() {
    HostTensor line = HostTensor.of(new float[50_000], 50_000);
    for (Op op :
        List.<Op>of(
            new Move.Broadcast(Shape.of(50_000, 50_000), List.of(0)),
            new Move.Pad(List.of(0, 1 << 20), List.of(0, 0), List.of(0, 0)),
            new Dot(List.of(), List.of(), List.of(), List.of()))) {
      HostTensor zero = HostTensor.full(TensorType.scalar(DType.F32), 0);
      List<HostTensor> in =
          switch (op) {
            case Move.Broadcast _ -> List.of(line);
            case Move.Pad _ -> List.of(line.reshape(50_000, 1).host(), zero);
            default -> List.of(line, line);
          };
      String says =
          assertThrows(RunException.class, () -> Interpreter.eval(op, in, OpSizesTest.LINE))
              .getMessage();
      assertTrue(says.startsWith(op.mnemonic() + ": f32["), says);
      assertTrue(says.matches(".* has \\d{10,} elements, expected at most 2147483639 .*"), says);
      assertTrue(says.contains("(Huge.java:7)"), says);
    }
  }

  /** No elements are none, however long the other axes would be. */
  @Test
  void anInterpretedOpOnNothingGivesNothing() {
    HostTensor none = HostTensor.allocate(TensorType.of(DType.F32, 65_536, 65_536, 0));
    HostTensor y =
        Interpreter.eval(
                new Move.Transpose(List.of(2, 1, 0)), List.of(none), SourceLocation.UNKNOWN)
            .getFirst();
    assertEquals(TensorType.of(DType.F32, 0, 65_536, 65_536), y.type());
    HostTensor sum =
        Interpreter.eval(
                new Reduce(Reduce.Kind.SUM, List.of(0, 1, 2)),
                List.of(none),
                SourceLocation.UNKNOWN)
            .getFirst();
    assertEquals(0, sum.item());
  }

  /** Arrays of arrays that are the same ones, with more elements than a long counts. */
  @Test
  void arraysOfArraysAreCounted() {
    double[] row = new double[1 << 22];
    double[][] rows = Collections.nCopies(1 << 21, row).toArray(double[][]::new);
    double[][][] all = Collections.nCopies(1 << 21, rows).toArray(double[][][]::new);
    String says = assertThrows(TypeException.class, () -> HostTensor.of(all)).getMessage();
    assertTrue(says.contains("values, expected at most 2147483647"), says);
    assertEquals(2, NestedArray.of(new double[2][1]).dims().length);
  }

  @Test
  void aDelayBeyondIntIsRefused() {
    EngramException e =
        assertThrows(EngramException.class, () -> new Delay(3, Integer.MAX_VALUE, DType.F32));
    assertTrue(
        e.getMessage().startsWith("Delay: ") && e.getMessage().contains(" 6442450944 long"),
        e::getMessage);
  }
}
