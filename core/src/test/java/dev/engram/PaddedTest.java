package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sequences of different lengths in one batch, and losses that ignore the padding. */
class PaddedTest {
  private static final HostTensor SHORT = HostTensor.of(new double[][] {{1, 2}});
  private static final HostTensor LONG = HostTensor.of(new double[][] {{3, 4}, {5, 6}, {7, 8}});

  @Test
  void stepsComeFirstAndZerosFillUp() {
    Padded p = Padded.of(List.of(SHORT, LONG));
    assertEquals(TensorType.of(DType.F64, 3, 2, 2), p.values().type());
    assertArrayEquals(
        new double[] {1, 2, 3, 4, 0, 0, 5, 6, 0, 0, 7, 8}, p.values().host().toDoubles());
    assertEquals(TensorType.of(DType.BOOL, 3, 2), p.mask().type());
    assertArrayEquals(new double[] {1, 1, 0, 1, 0, 1}, p.mask().host().toDoubles());
  }

  @Test
  void lengthsOfZeroAndScalarsPerStep() {
    Padded p =
        Padded.of(List.of(HostTensor.of(new float[0], 0), HostTensor.of(new float[] {1, 2}, 2)));
    assertEquals(TensorType.of(DType.F32, 2, 2), p.values().type());
    assertArrayEquals(new double[] {0, 1, 0, 2}, p.values().host().toDoubles());
    assertArrayEquals(new double[] {0, 1, 0, 1}, p.mask().host().toDoubles());
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    refused(List.of(), "got no sequence");
    refused(
        List.of(SHORT, HostTensor.of(new double[3], 3)),
        "sequence 1 has type f64[3], expected f64[length,2] as sequence 0",
        "steps go along axis 0");
    refused(List.of(SHORT, SHORT.cast(DType.F32)), "has type f32[1,2]", ".cast(DType.F64)");
    refused(List.of(HostTensor.of(new double[] {1})), "has type f64[], expected an axis of steps");
  }

  private static void refused(List<Tensor> sequences, String... parts) {
    String e = assertThrows(TypeException.class, () -> Padded.of(sequences)).getMessage();
    for (String part : parts) {
      assertTrue(e.contains(part), e);
    }
    assertTrue(e.contains("PaddedTest.java:"), e);
  }

  @Test
  void maskedMeanCountsWhatIsThere() {
    Tensor values = HostTensor.of(new double[][] {{1, 2}, {Double.NaN, 6}});
    Tensor mask = HostTensor.of(new boolean[][] {{true, true}, {false, true}});
    assertEquals(3, Losses.maskedMean(values, mask).host().item());
    assertArrayEquals(
        new double[] {1 / 3., 1 / 3., 0, 1 / 3.},
        Engram.grad((Tensor v) -> Losses.maskedMean(v, mask)).apply(values).host().toDoubles());
    Tensor rows = HostTensor.of(new boolean[] {true, false}, 2);
    assertEquals(1.5, Losses.maskedMean(values, rows).host().item());
    Tensor none = HostTensor.of(new boolean[2], 2);
    assertEquals(0, Losses.maskedMean(values, none).host().item());
    String e =
        assertThrows(TypeException.class, () -> Losses.maskedMean(values, values)).getMessage();
    assertTrue(e.contains("the mask has type f64[2,2], expected bool") && e.contains(".gt(0)"), e);
  }

  /** Sum and count of 100 000 fours exceed the range of f16, which ends at 65504. */
  @Test
  void maskedMeanCountsBeyondTheRangeOfItsType() {
    Tensor values = HostTensor.full(TensorType.of(DType.F16, 100_000), 4);
    assertEquals(4, Losses.maskedMean(values, values.gt(0)).host().item());
  }

  /** The values in padded steps change no gradient; the values in the others do. */
  @Test
  void whatIsFilledUpTeachesNothing() {
    Padded xs = Padded.of(List.of(SHORT.cast(DType.F32), LONG.cast(DType.F32)));
    double[] zeros = grads(xs, xs.values());
    Tensor other =
        xs.mask().expandDims(2).broadcastTo(3, 2, 2).select(xs.values(), xs.values().like(9));
    assertArrayEquals(zeros, grads(xs, other));
    assertTrue(Math.abs(zeros[0] - grads(xs, xs.values().add(1))[0]) > 1e-6);
  }

  private static double[] grads(Padded xs, Tensor targets) {
    Learner<Tensor, Tensor> learner =
        Learner.compile(
            new GruCell(2, 2, RandomKey.of(0)), m -> new DRtrl<>(m, _ -> {}), xs.values().get(0));
    Learner.Sequence<Tensor> s =
        learner.grad(
            xs.values(),
            new Padded(targets, xs.mask()),
            (out, y) -> Losses.maskedMean(Losses.squaredError(out, y.values()), y.mask()));
    return s.grads().byPath().values().iterator().next().host().toDoubles();
  }
}
