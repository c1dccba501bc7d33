package dev.engram.ir.interpret;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hand-computed values for reductions, contractions, moves and indexing. */
class InterpreterTest {
  private static final HostTensor X = HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @Test
  void reduces() {
    assertArrayEquals(new double[] {6, 15}, doubles(X.sum(1)));
    assertArrayEquals(new double[] {5, 7, 9}, doubles(X.sum(0)));
    assertArrayEquals(new double[] {720}, doubles(X.prod()));
    assertArrayEquals(new double[] {3, 6}, doubles(X.max(1)));
    assertArrayEquals(new double[] {1, 2, 3}, doubles(X.min(0)));
  }

  @Test
  void sumsOfF32AccumulateInF64() {
    float[] v = new float[1 << 12];
    java.util.Arrays.fill(v, 1f);
    v[0] = 1 << 24;
    // In f32 every 1 would be lost.
    assertEquals((1 << 24) + (1 << 12) - 1, HostTensor.of(v, v.length).sum().host().item(), 1);
    HostTensor w = HostTensor.of(v, 1, v.length);
    HostTensor ones = HostTensor.full(w.type(), 1);
    assertEquals(w.sum().host().item(), w.matmul(ones.reshape(v.length, 1)).host().item());
  }

  @Test
  void emptyReductions() {
    HostTensor none = HostTensor.allocate(TensorType.of(DType.F32, 2, 0));
    assertArrayEquals(new double[] {0, 0}, doubles(none.sum(1)));
    assertArrayEquals(new double[] {1, 1}, doubles(none.prod(1)));
    assertEquals(Double.NEGATIVE_INFINITY, doubles(none.max(1))[0]);
    assertEquals(Double.POSITIVE_INFINITY, doubles(none.min(1))[0]);
    HostTensor ints = HostTensor.allocate(TensorType.of(DType.I32, 0));
    assertEquals(Integer.MIN_VALUE, ints.max().host().item());
    assertEquals(Integer.MAX_VALUE, ints.min().host().item());
    HostTensor bools = HostTensor.allocate(TensorType.of(DType.BOOL, 0));
    assertEquals(0, bools.any().host().item());
    assertEquals(1, bools.all().host().item());
  }

  @Test
  void maxAndArgMaxAtTiesAndNaN() {
    HostTensor t = HostTensor.of(new double[] {1, 3, 3, Double.NaN, 2, Double.NaN}, 2, 3);
    assertArrayEquals(new long[] {1, 0}, t.argMax(1).host().toLongs());
    assertArrayEquals(new long[] {0, 0}, t.argMin(1).host().toLongs());
    assertTrue(Double.isNaN(doubles(t.max(1))[1]));
    assertTrue(Double.isNaN(doubles(t.min(1))[1]));
    assertEquals(3, doubles(t.max(1))[0]);
  }

  @Test
  void sumKeepsNegativeZero() {
    HostTensor z = HostTensor.of(new float[] {-0f, -0f}, 2);
    assertEquals(HostTensor.of(new float[] {-0f}).bits(0), z.sum().host().bits(0));
    assertEquals(0, HostTensor.of(new float[] {-0f, 0f}, 2).sum().host().bits(0));
  }

  @Test
  void contracts() {
    HostTensor b = HostTensor.of(new float[] {1, 0, 0, 1, 2, 2}, 3, 2);
    assertArrayEquals(new double[] {7, 8, 16, 17}, doubles(X.matmul(b)));
    Tensor outer = X.dot(X, new Dot(List.of(), List.of(), List.of(0), List.of(0)));
    assertEquals(Shape.of(2, 3, 3), outer.shape());
    assertArrayEquals(
        new double[] {1, 2, 3, 2, 4, 6, 3, 6, 9, 16, 20, 24, 20, 25, 30, 24, 30, 36},
        doubles(outer));
    HostTensor big = HostTensor.of(new int[] {1 << 20, 3}, 2);
    assertEquals(9, big.matmul(HostTensor.of(new int[] {1 << 12, 3}, 2)).host().item());
  }

  @Test
  void moves() {
    assertArrayEquals(new double[] {1, 4, 2, 5, 3, 6}, doubles(X.transpose()));
    assertArrayEquals(new double[] {3, 2, 1, 6, 5, 4}, doubles(X.reverse(1)));
    assertArrayEquals(new double[] {2, 3, 5, 6}, doubles(X.slice(1, 1, 3)));
    assertArrayEquals(
        new double[] {1, 3},
        doubles(eval(new Move.Slice(List.of(0, 0), List.of(1, 3), List.of(1, 2)), X)));
    assertArrayEquals(
        new double[] {9, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6},
        doubles(
            eval(
                new Move.Pad(List.of(0, 1), List.of(0, 0), List.of(0, 1)),
                X,
                HostTensor.full(TensorType.scalar(DType.F32), 9))));
    assertArrayEquals(
        new double[] {1, 2, 3, 1, 2, 3, 4, 5, 6}, doubles(Tensor.concat(0, X.slice(0, 0, 1), X)));
    HostTensor row = HostTensor.of(new float[] {7, 8}, 2);
    assertArrayEquals(
        new double[] {7, 7, 7, 8, 8, 8},
        doubles(eval(new Move.Broadcast(Shape.of(2, 3), List.of(0)), row)));
  }

  @Test
  void gathersAndClamps() {
    HostTensor i = HostTensor.of(new int[] {2, -5, 9}, 3);
    assertArrayEquals(new double[] {3, 1, 3, 6, 4, 6}, doubles(eval(new Index.Gather(1, 0), X, i)));
    HostTensor each = HostTensor.of(new int[] {2, 0}, 2);
    assertArrayEquals(new double[] {3, 4}, doubles(eval(new Index.Gather(1, 1), X, each)));
  }

  @Test
  void scattersAndDrops() {
    HostTensor i = HostTensor.of(new int[] {1, 1, 5}, 3);
    HostTensor u = HostTensor.of(new float[] {10, 20, 30}, 3);
    HostTensor x = HostTensor.of(new float[] {1, 2, 3}, 3);
    assertArrayEquals(
        new double[] {1, 32, 3},
        doubles(eval(new Index.Scatter(0, 0, Index.Combine.ADD), x, i, u)));
    assertArrayEquals(
        new double[] {1, 20, 3},
        doubles(eval(new Index.Scatter(0, 0, Index.Combine.SET), x, i, u)));
    assertArrayEquals(
        new double[] {1, 20, 3},
        doubles(eval(new Index.Scatter(0, 0, Index.Combine.MAX), x, i, u)));
    assertArrayEquals(new double[] {1, 2, 3}, x.toDoubles());
  }

  @Test
  void windowsAreClamped() {
    HostTensor one = HostTensor.of(new int[] {1});
    HostTensor far = HostTensor.of(new long[] {99});
    assertArrayEquals(
        new double[] {5, 6}, doubles(eval(new Index.DynamicSlice(Shape.of(1, 2)), X, one, far)));
    HostTensor u = HostTensor.of(new float[] {-1, -2}, 1, 2);
    assertArrayEquals(
        new double[] {1, 2, 3, 4, -1, -2},
        doubles(eval(new Index.DynamicUpdate(), X, u, one, far)));
  }

  @Test
  void iotaCountsAlongItsAxis() {
    Tensor t = eval(new Source.Iota(TensorType.of(DType.I64, 2, 3), 1));
    assertArrayEquals(new long[] {0, 1, 2, 0, 1, 2}, t.host().toLongs());
    Tensor rows = eval(new Source.Iota(TensorType.of(DType.F32, 2, 3), 0));
    assertArrayEquals(new double[] {0, 0, 0, 1, 1, 1}, doubles(rows));
  }

  @Test
  void checkNamesTheFirstOffender() {
    HostTensor i = HostTensor.of(new int[] {0, 1, 2, 7, -1, 0}, 2, 3);
    assertEquals(i, eval(new Check.Range("token", -1, 8), i));
    RunException e =
        assertThrows(
            RunException.class,
            () ->
                Interpreter.eval(
                    new Check.Range("token", 0, 5),
                    List.of(i),
                    new SourceLocation("Model.java", 12)));
    assertEquals("token[1,0] = 7, expected 0 <= value < 5 (Model.java:12)", e.getMessage());
  }

  static Tensor eval(Op op, HostTensor... in) {
    return Interpreter.eval(op, List.of(in), SourceLocation.UNKNOWN).getFirst();
  }

  static double[] doubles(Tensor t) {
    return t.host().toDoubles();
  }
}
