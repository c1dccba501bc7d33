package dev.engram.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import org.junit.jupiter.api.Test;

class LossesTest {
  private final HostTensor logits = HostTensor.of(new double[] {1, 2, 3, 1000, -1000, 0}, 2, 3);

  @Test
  void crossEntropyPerElement() {
    double lse = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3));
    Tensor loss = Losses.softmaxCrossEntropy(logits, HostTensor.of(new int[] {1, 2}, 2));
    assertArrayEquals(new double[] {lse - 2, 1000}, loss.host().toDoubles(), 1e-12);
    // ∂/∂logits = softmax - onehot
    Tensor g =
        Engram.grad(
                (Tensor y) ->
                    Losses.softmaxCrossEntropy(y, HostTensor.of(new long[] {1, 0}, 2)).sum())
            .apply(logits);
    double[] want = {Math.exp(1 - lse), Math.exp(2 - lse) - 1, Math.exp(3 - lse), 0, 0, 0};
    assertArrayEquals(want, g.host().toDoubles(), 1e-12);
  }

  @Test
  void aTargetOutOfRangeStopsTheRun() {
    HostTensor labels = HostTensor.of(new int[] {1, 3}, 2);
    for (boolean jit : new boolean[] {false, true}) {
      String e =
          assertThrows(
                  RunException.class,
                  () -> {
                    if (jit) {
                      Engram.jit((Tensor y, Tensor t) -> Losses.softmaxCrossEntropy(y, t))
                          .apply(logits, labels);
                    } else {
                      Losses.softmaxCrossEntropy(logits, labels);
                    }
                  })
              .getMessage();
      assertTrue(e.contains("labels[1] = 3, expected 0 <= value < 3"), e);
      assertTrue(e.contains("LossesTest.java:"), e);
    }
  }

  @Test
  void refusesOtherTypes() {
    String labels =
        assertThrows(TypeException.class, () -> Losses.softmaxCrossEntropy(logits, logits.get(0)))
            .getMessage();
    assertTrue(labels.contains("the labels have type f64[3], expected i32[2]"), labels);
    assertThrows(
        TypeException.class,
        () -> Losses.softmaxCrossEntropy(logits, HostTensor.of(new int[] {1, 2, 3}, 3)));
  }

  @Test
  void squaredError() {
    assertEquals(
        5.0,
        Losses.squaredError(
                HostTensor.of(new double[] {1, 2}, 2), HostTensor.of(new double[] {0, 4}, 2))
            .sum()
            .host()
            .item());
  }
}
