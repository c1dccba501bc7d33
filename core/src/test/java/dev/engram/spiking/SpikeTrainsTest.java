package dev.engram.spiking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.RandomKey;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.loss.Losses;
import dev.engram.nn.Plain;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpikeTrainsTest {
  private static HostTensor train(int steps, int... at) {
    double[] s = new double[steps];
    for (int t : at) {
      s[t] = 1;
    }
    return HostTensor.of(s, steps);
  }

  @Test
  void poissonTrainsHaveTheirRatesAndVariation() {
    HostTensor p = HostTensor.of(new double[] {0, 0.05, 0.3}, 3);
    HostTensor s = Encoders.poisson(RandomKey.of(1), p, 20_000).host();
    double[] mean = s.mean(0).host().toDoubles();
    assertEquals(0, mean[0]);
    assertEquals(0.05, mean[1], 5 * Math.sqrt(0.05 * 0.95 / 20_000));
    assertEquals(0.3, mean[2], 5 * Math.sqrt(0.3 * 0.7 / 20_000));
    // Intervals of a Bernoulli process are geometric: their variation is √(1-p).
    HostTensor slow = s.slice(1, 1, 2).reshape(20_000).host();
    assertEquals(Math.sqrt(0.95), SpikeTrains.variation(slow), 0.08);
    assertThrows(TypeException.class, () -> Encoders.poisson(RandomKey.of(1), p, 0));
  }

  @Test
  void latencies() {
    HostTensor x = HostTensor.of(new double[] {1, 0.5, 0.01, 0, 2, -1}, 6);
    HostTensor s = Encoders.latency(x, 11).host();
    int[] want = {0, 5, 10, -1, 0, -1};
    checkOnsets(s, want);
    double[] rises = new double[6];
    for (int i = 0; i < 6; i++) {
      double v = x.getDouble(i);
      rises[i] = v > 0.2 ? Math.floor(4 * Math.log(v / (v - 0.2))) : -1;
    }
    HostTensor logarithmic = Encoders.logLatency(x, 4, 0.2, 11).host();
    checkOnsets(logarithmic, Arrays.stream(rises).mapToInt(v -> v >= 11 ? -1 : (int) v).toArray());
  }

  private static void checkOnsets(HostTensor s, int[] want) {
    for (int t = 0; t < s.dim(0); t++) {
      for (int i = 0; i < want.length; i++) {
        assertEquals(t == want[i] ? 1 : 0, s.getDouble((long) t * want.length + i), t + " " + i);
      }
    }
  }

  @Test
  void ratesWithoutChanceAreEven() {
    HostTensor s = Encoders.rate(HostTensor.of(new double[] {0, 0.25, 1, 0.4}, 4), 20).host();
    double[] count = s.sum(0).host().toDoubles();
    assertArrayEquals(new double[] {0, 5, 20, 8}, count);
    HostTensor quarter = s.slice(1, 1, 2).reshape(20).host();
    assertArrayEquals(new double[] {4, 4, 4, 4}, SpikeTrains.intervals(quarter, 1));
    assertEquals(0, SpikeTrains.variation(quarter));
  }

  @Test
  void ratesAndIntervals() {
    HostTensor s = train(10, 1, 4, 9);
    assertEquals(3 / 0.02, SpikeTrains.rates(s, 2).host().item(), 1e-9);
    assertArrayEquals(new double[] {6, 10}, SpikeTrains.intervals(s, 2));
    assertEquals(0.25, SpikeTrains.variation(s), 1e-12);
    assertTrue(Double.isNaN(SpikeTrains.variation(train(10, 1, 2))));
    Tensor two = Tensor.stack(1, List.of(s, train(10, 0, 1, 2, 3)));
    assertArrayEquals(
        new double[] {5 * 125, 1 * 125}, // 5 and 1 spikes of 8 chances in 1 ms steps
        SpikeTrains.populationRate(two, 4, 1).slice(0, 0, 2).host().toDoubles(),
        1e-9);
  }

  @Test
  void synchronyOfEqualAndOfIndependentTraces() {
    HostTensor one = Plain.noise(1, 2000, 1);
    assertEquals(1, SpikeTrains.synchrony(one.broadcastTo(2000, 16)).host().item(), 1e-9);
    assertEquals(0.25, SpikeTrains.synchrony(Plain.noise(2, 2000, 16)).host().item(), 0.02);
  }

  @Test
  void vanRossum() {
    double tau = 20;
    HostTensor none = train(4000);
    HostTensor s = train(4000, 100);
    assertEquals(0.5, Losses.vanRossum(s, none, tau, 0.1).host().item(), 0.003);
    assertEquals(0, Losses.vanRossum(s, s, tau, 0.1).host().item());
    // Two spikes Δ apart are 1 - e^(-Δ/tau) away from each other.
    double got = Losses.vanRossum(s, train(4000, 300), tau, 0.1).host().item();
    assertEquals(1 - Math.exp(-20 / tau), got, 0.006);
    double f = 0;
    double want = 0;
    HostTensor a = Plain.noise(1, 9);
    HostTensor b = Plain.noise(2, 9);
    for (int t = 0; t < 9; t++) {
      f = f * Math.exp(-0.5 / 3) + a.getDouble(t) - b.getDouble(t);
      want += f * f * 0.5 / 3;
    }
    assertEquals(want, Losses.vanRossum(a, b, 3, 0.5).host().item(), 1e-12);
    Tensor g = dev.engram.Engram.grad((Tensor x) -> Losses.vanRossum(x, b, 3, 0.5)).apply(a);
    double[] up = a.toDoubles();
    up[4] += 1e-6;
    double above = Losses.vanRossum(HostTensor.of(up, 9), b, 3, 0.5).host().item();
    assertEquals((above - want) / 1e-6, g.host().getDouble(4), 1e-5);
  }
}
