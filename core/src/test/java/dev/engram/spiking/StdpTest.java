package dev.engram.spiking;

import static dev.engram.nn.Plain.noise;
import static dev.engram.nn.Plain.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import org.junit.jupiter.api.Test;

/** Traces of spikes against sums over all pairs of spikes. */
class StdpTest {
  private static final DType F64 = DType.F64;
  private static final Stdp.Constants C = new Stdp.Constants(0.5, 10, 15, 0.3, 0.4, 50);
  private static final int STEPS = 60;
  private static final int IN = 3;
  private static final int OUT = 2;

  private static HostTensor spikes(int seed, int n) {
    return noise(seed, STEPS, n).gt(0.8).cast(F64).host();
  }

  /** Σ over pairs of spikes up to {@code now}, each decayed since its later spike. */
  private static double pairs(HostTensor before, HostTensor after, int i, int j, int now) {
    double sum = 0;
    for (int s = 0; s <= now; s++) {
      for (int t = 0; t <= now; t++) {
        double both = before.getDouble((long) s * IN + i) * after.getDouble((long) t * OUT + j);
        double since = Math.exp(-(now - Math.max(s, t)) * 0.5 / 50);
        if (s < t) {
          sum += both * since * 0.3 * Math.exp(-(t - s) * 0.5 / 10);
        } else if (s > t) {
          sum -= both * since * 0.4 * Math.exp(-(s - t) * 0.5 / 15);
        }
      }
    }
    return sum;
  }

  @Test
  void eligibilityIsTheSumOverAllPairs() {
    HostTensor before = spikes(1, IN);
    HostTensor after = spikes(2, OUT);
    Stdp stdp = new Stdp(IN, OUT, C, F64);
    stdp.initAllStates();
    Tensor changes =
        Engram.jit(
                (Tensor b, Tensor a) ->
                    Engram.forLoop((Tensor x, Tensor y) -> stdp.update(x, y), b, a))
            .apply(before, after);
    double[] got = values(stdp, "eligibility");
    double largest = 0;
    for (int i = 0; i < IN; i++) {
      for (int j = 0; j < OUT; j++) {
        double want = pairs(before, after, i, j, STEPS - 1);
        assertEquals(want, got[i * OUT + j], 1e-12);
        largest = Math.max(largest, Math.abs(want));
      }
    }
    assertTrue(largest > 0.1);
    // the change of a step is what it adds
    double last = changes.host().getDouble((STEPS - 1L) * IN * OUT);
    double previous = pairs(before, after, 0, 0, STEPS - 2);
    assertEquals(got[0] - previous * Math.exp(-0.01), last, 1e-12);
  }

  @Test
  void orderDecidesTheSign() {
    for (int lag : new int[] {1, 5, 20}) {
      for (boolean causal : new boolean[] {true, false}) {
        Stdp stdp = new Stdp(1, 1, C, F64);
        stdp.initAllStates();
        HostTensor one = HostTensor.of(new double[] {1}, 1);
        HostTensor none = HostTensor.of(new double[] {0}, 1);
        double change = 0;
        for (int t = 0; t <= lag; t++) {
          Tensor first = t == 0 ? one : none;
          Tensor second = t == lag ? one : none;
          change +=
              (causal ? stdp.update(first, second) : stdp.update(second, first)).host().item();
        }
        double want = causal ? 0.3 * Math.exp(-lag * 0.5 / 10) : -0.4 * Math.exp(-lag * 0.5 / 15);
        assertEquals(want, change, 1e-14);
      }
    }
    Stdp stdp = new Stdp(1, 1, C, F64);
    stdp.initAllStates();
    HostTensor one = HostTensor.of(new double[] {1}, 1);
    assertEquals(0, stdp.update(one, one).host().item());
  }

  @Test
  void rewardsMoveWeightsByTheirEligibility() {
    Stdp stdp = new Stdp(2, 2, C, F64);
    stdp.initAllStates();
    stdp.states().get("eligibility").set(HostTensor.of(new double[] {1, -2, 3, 0}, 2, 2));
    HostTensor w = HostTensor.of(new double[] {0.5, 0.5, 0.9, 0.1}, 2, 2);
    Tensor up = stdp.rewarded(w, HostTensor.of(new double[] {2}), 0.1, 0, 1);
    assertArrayEquals(new double[] {0.7, 0.1, 1, 0.1}, up.host().toDoubles(), 1e-15);
    Tensor each = stdp.rewarded(w, HostTensor.of(new double[] {-1, 1}, 2), 0.1, 0, 1);
    assertArrayEquals(new double[] {0.4, 0.3, 0.6, 0.1}, each.host().toDoubles(), 1e-15);
    Tensor none = stdp.rewarded(w, HostTensor.of(new double[] {0}), 0.1, 0, 1);
    assertArrayEquals(w.toDoubles(), none.host().toDoubles());
    assertThrows(
        TypeException.class, () -> stdp.rewarded(w, HostTensor.of(new double[] {0}), 0.1, 1, 0));
    String e = assertThrows(TypeException.class, () -> stdp.update(w, w)).getMessage();
    assertTrue(e.contains("before has type f64[2,2], expected f64[2]"), e);
  }
}
