package dev.engram.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.ConvWindows;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Initializers, biases and parametrizations of the layers that are no cells. */
class LayerOptionsTest {
  private static final RandomKey KEY = RandomKey.of(1);
  private static final DType F64 = DType.F64;
  private static final Initializer HALF = Initializer.constant(0.5);
  private static final Optional<Initializer> NONE = Optional.empty();
  private static final Optional<Initializer> THREE = Optional.of(Initializer.constant(3));

  private static Tensor normal(int seed, int... dims) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(dims), F64);
  }

  private static void biasIsAdded(Fn1<Optional<Initializer>, Layer> layer, Tensor x) {
    Layer without = layer.apply(NONE);
    Layer with = layer.apply(THREE);
    assertFalse(without.states().paths().contains("bias"), without.states().paths().toString());
    assertTrue(with.states().paths().contains("bias"));
    assertArrayEquals(
        without.update(x).add(3).host().toDoubles(), with.update(x).host().toDoubles(), 1e-13);
  }

  private static Conv conv(Optional<Initializer> bias, Parametrization p) {
    return new Conv(new int[] {3}, 2, 4, ConvWindows.same(), 1, KEY, F64, HALF, bias, p);
  }

  @Test
  void everyLayerTakesABiasOrNone() {
    biasIsAdded(b -> conv(b, Parametrization.none()), normal(2, 5, 2));
    biasIsAdded(b -> new GroupedLinear(2, 6, 4, KEY, F64, HALF, b), normal(3, 6));
    Connectivity to = Connectivity.of(6, List.of(new int[] {0, 5}, new int[] {1, 2, 4}));
    biasIsAdded(b -> new SparseLinear(to, KEY, F64, HALF, Optional.empty(), b), normal(3, 6));
    biasIsAdded(
        b ->
            new ScaledWsLinear(
                6, 4, KEY, F64, Initializer.normal(1), b, Parametrization.none(), 1e-4),
        normal(3, 6));
  }

  @Test
  void weightsAreThoseOfTheInitializer() {
    assertEquals(
        0.5, conv(NONE, Parametrization.none()).states().get("weight").value().host().getDouble(0));
    GroupedLinear grouped = new GroupedLinear(2, 6, 4, KEY, F64, HALF, NONE);
    double sum = normal(3, 6).slice(0, 0, 3).sum().host().item() / 2;
    assertEquals(sum, grouped.update(normal(3, 6)).host().getDouble(0), 1e-13);
  }

  @Test
  void masksTakeConnectionsAway() {
    Tensor mask = normal(5, 3, 2, 4).gt(0);
    Conv masked = conv(NONE, Parametrization.mask(mask));
    Tensor kernel = mask.cast(F64).mul(0.5);
    Tensor x = normal(2, 5, 2);
    assertArrayEquals(
        x.conv(kernel, ConvWindows.same(), 1).host().toDoubles(),
        masked.update(x).host().toDoubles(),
        1e-13);
    Tensor half = HostTensor.of(new double[] {1, 0, 1, 0, 1, 0}, 6, 1).broadcastTo(Shape.of(6, 4));
    ScaledWsLinear scaled =
        new ScaledWsLinear(
            6, 4, KEY, F64, Initializer.normal(1), NONE, Parametrization.mask(half), 1e-4);
    Tensor only = HostTensor.of(new double[] {0, 1, 0, 1, 0, 1}, 6);
    assertEquals(0, scaled.update(only).abs().max().host().item());
    assertTrue(scaled.update(only.neg().add(1)).abs().max().host().item() > 1e-3);
  }

  @Test
  void lowRankFactorsAreThoseOfTheInitializers() {
    Tensor base = normal(6, 6, 4);
    LoraLinear lora = new LoraLinear(base, 2, 3, KEY, HALF, Initializer.constant(0.1));
    // every element of A B is 2 · 0.5 · 0.1, times scale/rank
    assertArrayEquals(
        base.add(0.1 * 1.5).host().toDoubles(), lora.merged().host().toDoubles(), 1e-13);
  }
}
