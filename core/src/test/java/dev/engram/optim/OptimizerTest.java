package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptimizerTest {
  private final State w = State.parameter(HostTensor.of(new double[] {1, -2}, 2));
  private final States weights = new States(Map.of("w", w));

  private static final double[][] GRADS = {{0.5, -3}, {1, 0.1}, {-2, 0}, {0.3, 4}};

  private double[] run(Optimizer opt) {
    opt.register(weights);
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            (Tensor g) -> {
              opt.update(new Grads(Map.of("w", g)));
              return g;
            });
    for (double[] g : GRADS) {
      step.apply(HostTensor.of(g, 2));
    }
    return w.value().host().toDoubles();
  }

  @Test
  void adamIsItsEquations() {
    double[] m = new double[2];
    double[] v = new double[2];
    double[] x = {1, -2};
    for (int t = 1; t <= GRADS.length; t++) {
      for (int i = 0; i < 2; i++) {
        double g = GRADS[t - 1][i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        double mean = m[i] / (1 - Math.pow(0.9, t));
        double deviation = Math.sqrt(v[i] / (1 - Math.pow(0.999, t)));
        x[i] -= 0.01 * mean / (deviation + 1e-8);
      }
    }
    Adam adam = new Adam(0.01);
    assertArrayEquals(x, run(adam), 1e-12);
    assertEquals(List.of("count", "m.w", "v.w"), adam.states().paths());
    assertEquals(4, adam.states().get("count").value().host().item());
  }

  @Test
  void sgdIsItsEquations() {
    double[] x = {1, -2};
    double[] v = new double[2];
    for (double[] g : GRADS) {
      for (int i = 0; i < 2; i++) {
        v[i] = 0.5 * v[i] + g[i];
        x[i] -= 0.1 * v[i];
      }
    }
    assertArrayEquals(x, run(new Sgd(0.1, 0.5)), 1e-12);
    w.set(HostTensor.of(new double[] {1, -2}, 2));
    assertArrayEquals(new double[] {1 - 0.1 * -0.2, -2 - 0.1 * 1.1}, run(new Sgd(0.1)), 1e-12);
  }

  @Test
  void refusesGradientsOfOtherWeights() {
    Sgd sgd = new Sgd(0.1);
    String unregistered =
        assertThrows(
                EngramException.class,
                () -> sgd.update(new Grads(Map.of("w", HostTensor.of(new double[] {1, 2}, 2)))))
            .getMessage();
    assertTrue(unregistered.contains("call register(weights)"), unregistered);
    sgd.register(weights);
    String type =
        assertThrows(
                TypeException.class,
                () ->
                    sgd.update(
                        new Grads(
                            Map.of("w", HostTensor.of(new double[] {1, 2}, 2).cast(DType.F32)))))
            .getMessage();
    assertTrue(type.contains("the gradient of w has type f32[2], expected f64[2]"), type);
  }
}
