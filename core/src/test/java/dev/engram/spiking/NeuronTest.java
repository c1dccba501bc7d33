package dev.engram.spiking;

import static dev.engram.nn.Plain.noise;
import static dev.engram.nn.Plain.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import dev.engram.nn.Linear;
import dev.engram.spiking.Membrane.Reset;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Neurons, synapses and plasticity against loops over one number, and against closed forms. */
class NeuronTest {
  private static final Membrane MEMBRANE =
      Membrane.of(10).withDt(0.5).withType(DType.F64).withResistance(2);
  private static final int STEPS = 400;

  /** A neuron in plain Java: takes the current, advances one step, says whether it spikes. */
  private interface Plain {
    boolean step(double current);
  }

  private static HostTensor scalar(double x) {
    return HostTensor.of(new double[] {x}, 1);
  }

  /** The same spikes as {@code plain}'s; there are some, but not in every step. */
  private static int check(Neuron neuron, Plain plain, double mean, double deviation) {
    HostTensor in = noise(3, STEPS);
    neuron.initAllStates();
    int spikes = 0;
    for (int t = 0; t < STEPS; t++) {
      double current = mean + deviation * in.getDouble(t);
      boolean want = plain.step(current);
      assertEquals(want ? 1 : 0, neuron.update(scalar(current)).host().item(), "step " + t);
      spikes += want ? 1 : 0;
    }
    assertTrue(spikes > 3 && spikes < STEPS / 2, "spikes: " + spikes);
    return spikes;
  }

  @Test
  void integrateAndFire() {
    check(
        new IfNeuron(1, MEMBRANE.withResetTo(0.1)),
        new Plain() {
          double v = 0;

          @Override
          public boolean step(double i) {
            v = (v > 1 ? 0.1 : v) + 0.5 / 10 * 2 * i;
            return v > 1;
          }
        },
        1,
        0.5);
  }

  @Test
  void leakyIntegrateAndFire() {
    double decay = Math.exp(-0.05);
    check(
        new LifNeuron(1, MEMBRANE.withRest(-60).withResetTo(-65).withThreshold(Constant.of(-50))),
        new Plain() {
          double v = -60;

          @Override
          public boolean step(double i) {
            double start = v > -50 ? -65 : v;
            v = -60 + decay * (start + 60) + (1 - decay) * 2 * i;
            return v > -50;
          }
        },
        7,
        8);
    for (Reset reset : new Reset[] {Reset.BY_THRESHOLD, Reset.BY_THRESHOLD_DETACHED}) {
      check(
          new LifNeuron(1, MEMBRANE.withReset(reset)),
          new Plain() {
            double v = 0;

            @Override
            public boolean step(double i) {
              v = decay * v + (1 - decay) * 2 * i - (v > 1 ? 1 : 0);
              return v > 1;
            }
          },
          0.7,
          0.5);
    }
  }

  /** A constant current I makes a LIF neuron fire every tau ln(RI / (RI - threshold)). */
  @Test
  void theRateOfALeakyNeuronIsThatOfItsClosedForm() {
    LifNeuron neuron = new LifNeuron(1, MEMBRANE.withDt(0.01));
    neuron.initAllStates();
    int last = -1;
    for (int t = 0; t < 3000; t++) {
      if (neuron.update(scalar(1)).host().item() == 1) {
        if (last >= 0) {
          assertEquals(10 * Math.log(2.0 / (2 - 1)), (t - last) * 0.01, 0.011);
        }
        last = t;
      }
    }
    assertTrue(last > 2000);
  }

  @Test
  void adaptationSlowsDown() {
    AlifNeuron neuron = new AlifNeuron(1, MEMBRANE, Constant.of(100), Constant.of(0.3));
    double decay = Math.exp(-0.05);
    int adapted =
        check(
            neuron,
            new Plain() {
              double v = 0;
              double a = 0;

              @Override
              public boolean step(double i) {
                boolean s = v > 1 + 0.3 * a;
                v = decay * (s ? 0 : v) + (1 - decay) * 2 * i;
                a = Math.exp(-0.005) * a + (s ? 1 : 0);
                return v > 1 + 0.3 * a;
              }
            },
            2,
            0.5);
    LifNeuron plain = new LifNeuron(1, MEMBRANE);
    plain.initAllStates();
    HostTensor in = noise(3, STEPS);
    int spikes = 0;
    for (int t = 0; t < STEPS; t++) {
      spikes += (int) plain.update(scalar(2 + 0.5 * in.getDouble(t))).host().item();
    }
    assertTrue(spikes > 1.5 * adapted);
  }

  @Test
  void generalizedIntegrateAndFire() {
    GifNeuron.Constants c =
        new GifNeuron.Constants(
            0.5, 20, -70, 20, 0.2, 0.02, 0.005, 0.01, -50, 0.5, 1, 2, -0.6, -70, -60);
    check(
        new GifNeuron(1, c, Surrogate.superSpike(1), DType.F64),
        new Plain() {
          double v = -70;
          double theta = -50;
          double i1 = 0;
          double i2 = 0;

          @Override
          public boolean step(double i) {
            if (v > theta) {
              i1 = 0.5 * i1 + 2;
              i2 = i2 - 0.6;
              v = -70;
              theta = Math.max(-60, theta);
            }
            double dv = (-(v + 70) + 20 * (i + i1 + i2)) / 20;
            double dTheta = 0.005 * (v + 70) - 0.01 * (theta + 50);
            i1 -= 0.5 * 0.2 * i1;
            i2 -= 0.5 * 0.02 * i2;
            v += 0.5 * dv;
            theta += 0.5 * dTheta;
            return v > theta;
          }
        },
        2,
        0.5);
  }

  /** Rates of each neuron: each is one of neurons with these rates. */
  @Test
  void generalizedIntegrateAndFireWithRatesOfEach() {
    double[] rates = {0.02, 0.2, 0.5};
    HostTensor in = noise(3, STEPS);
    GifNeuron all =
        new GifNeuron(
            3,
            gif(7, 9),
            Constant.each(rates),
            Constant.learned(HostTensor.of(new double[] {0.5, 0.02, 0.2}, 3)),
            Surrogate.superSpike(1),
            DType.F64);
    all.initAllStates();
    double[][] together = new double[STEPS][];
    for (int t = 0; t < STEPS; t++) {
      Tensor i = HostTensor.full(TensorType.of(DType.F64, 3), 2 + 0.5 * in.getDouble(t));
      all.update(i);
      together[t] = all.potential().host().toDoubles();
    }
    for (int n = 0; n < 3; n++) {
      GifNeuron one =
          new GifNeuron(1, gif(rates[n], rates[(n + 2) % 3]), Surrogate.superSpike(1), DType.F64);
      one.initAllStates();
      for (int t = 0; t < STEPS; t++) {
        one.update(scalar(2 + 0.5 * in.getDouble(t)));
        assertEquals(one.potential().host().item(), together[t][n], 1e-10, n + " at " + t);
      }
    }
    assertTrue(Math.abs(together[STEPS - 1][0] - together[STEPS - 1][1]) > 1e-3);
  }

  private static GifNeuron.Constants gif(double k1, double k2) {
    return new GifNeuron.Constants(
        0.5, 20, -70, 20, k1, k2, 0.005, 0.01, -50, 0.5, 1, 2, -0.6, -70, -60);
  }

  @Test
  void izhikevich() {
    for (var c :
        new IzhikevichNeuron.Constants[] {
          IzhikevichNeuron.Constants.regularSpiking(),
          IzhikevichNeuron.Constants.fastSpiking(),
          IzhikevichNeuron.Constants.chattering()
        }) {
      check(
          new IzhikevichNeuron(1, c, Surrogate.arctan(1), DType.F64),
          new Plain() {
            double v = -65;
            double u = -65 * c.b();

            @Override
            public boolean step(double i) {
              if (v > 30) {
                v = c.c();
                u += c.d();
              }
              // In the order of the neuron's own sums: rounding errors grow with each spike.
              v += 0.5 * (v * v * 0.04 + 5 * v + 140 - u + i);
              v += 0.5 * (v * v * 0.04 + 5 * v + 140 - u + i);
              u += c.a() * (c.b() * v - u);
              return v > 30;
            }
          },
          10,
          1);
    }
  }

  @Test
  void jumpsAddAtTheEnd() {
    LifNeuron neuron = new LifNeuron(1, MEMBRANE);
    neuron.initAllStates();
    assertEquals(0, neuron.jump(scalar(0.75)).host().item());
    assertEquals(0.75, neuron.potential().host().item());
    assertEquals(1, neuron.update(scalar(1), scalar(0.5)).host().item());
    double decay = Math.exp(-0.05);
    double want = decay * 0.75 + (1 - decay) * 2 + 0.5;
    assertEquals(want, neuron.potential().host().item(), 1e-14);
    String e = assertThrows(TypeException.class, () -> neuron.update(noise(1, 2, 1))).getMessage();
    assertTrue(e.contains("call initAllStates(2)"), e);
  }

  @Test
  void constantsDifferAndLearn() {
    Constant tau = Constant.each(5, 20);
    LifNeuron neuron = new LifNeuron(2, MEMBRANE.withTau(tau));
    neuron.initAllStates();
    neuron.jump(HostTensor.of(new double[] {0.5, 0.5}, 2));
    neuron.jump(HostTensor.of(new double[] {0, 0}, 2));
    assertArrayEquals(
        new double[] {0.5 * Math.exp(-0.1), 0.5 * Math.exp(-0.025)}, values2(neuron), 1e-14);
    LifNeuron learning =
        new LifNeuron(
            2, MEMBRANE.withTau(Constant.learned(HostTensor.of(new double[] {5, 20}, 2))));
    assertTrue(learning.states().paths().contains("tau.learned"));
    learning.initAllStates();
    dev.engram.nn.Plain.checkGradient(
        () -> {
          learning.initAllStates();
          learning.update(HostTensor.of(new double[] {0.3, 0.2}, 2));
          learning.update(HostTensor.of(new double[] {0.3, 0.2}, 2));
          return learning.potential().square().sum();
        },
        learning.states().subset(dev.engram.State.Kind.PARAMETER),
        1e-7);
  }

  private static double[] values2(Neuron n) {
    return n.potential().host().toDoubles();
  }

  // Synapses

  private static void kernel(Layer synapse, IntFunction<Double> want) {
    synapse.initAllStates();
    for (int t = 0; t < 60; t++) {
      double got = synapse.update(scalar(t == 0 ? 2 : 0)).host().item();
      assertEquals(2 * want.apply(t), got, 1e-12, "step " + t);
    }
  }

  @Test
  void synapsesFollowTheirClosedForms() {
    kernel(new Synapse.Exponential(1, 8, 0.5, DType.F64), t -> Math.exp(-t * 0.5 / 8));
    kernel(new Synapse.Alpha(1, 4, 0.5, DType.F64), t -> t * 0.5 / 4 * Math.exp(-t * 0.5 / 4));
    double peak = 2.0 * 8 / 6 * Math.log(8 / 2.0);
    double top = Math.exp(-peak / 8) - Math.exp(-peak / 2);
    kernel(
        new Synapse.DoubleExponential(1, 2, 8, 0.5, DType.F64),
        t -> (Math.exp(-t * 0.5 / 8) - Math.exp(-t * 0.5 / 2)) / top);
    assertThrows(TypeException.class, () -> new Synapse.DoubleExponential(1, 8, 8, 0.5, DType.F64));
    assertThrows(TypeException.class, () -> new Synapse.Exponential(1, 0, 0.5, DType.F64));
  }

  @Test
  void inputsAreCurrents() {
    HostTensor g = scalar(0.4);
    HostTensor v = scalar(-55);
    assertEquals(0.4, new SynapticInput.Current().current(g, v).host().item());
    assertEquals(0.4 * 55, new SynapticInput.Conductance(0).current(g, v).host().item(), 1e-12);
    assertEquals(
        0.4 * 55 / (1 + 1.2 / 3.57 * Math.exp(0.062 * 55)),
        new SynapticInput.BlockedConductance(0, 1.2).current(g, v).host().item(),
        1e-12);
    assertThrows(TraceException.class, () -> new SynapticInput.Delta().current(g, v));
    LifNeuron neuron = new LifNeuron(1, MEMBRANE);
    neuron.initAllStates();
    new SynapticInput.Delta().step(neuron, g);
    assertEquals(0.4, neuron.potential().host().item());
    new SynapticInput.Conductance(3).step(neuron, g);
    double decay = Math.exp(-0.05);
    double want = decay * 0.4 + (1 - decay) * 2 * 0.4 * 2.6;
    assertEquals(want, neuron.potential().host().item(), 1e-14);
  }

  @Test
  void plasticityIsThatOfTsodyksAndMarkram() {
    Plasticity stp = new Plasticity.ShortTerm(1, 0.15, 300, 120, 1, DType.F64);
    Plasticity std = new Plasticity.Depression(1, 0.4, 200, 1, DType.F64);
    stp.initAllStates();
    std.initAllStates();
    double u = 0.15;
    double x = 1;
    double y = 1;
    double early = 0;
    double late = 0;
    for (int t = 0; t < 200; t++) {
      boolean spike = t % 20 == 5;
      u = 0.15 + (u - 0.15) * Math.exp(-1 / 300.0);
      x = 1 + (x - 1) * Math.exp(-1 / 120.0);
      y = 1 + (y - 1) * Math.exp(-1 / 200.0);
      double release = 0;
      double depressed = 0;
      if (spike) {
        u += 0.15 * (1 - u);
        release = u * x;
        x -= release;
        depressed = 0.4 * y;
        y -= depressed;
        early = t == 5 ? depressed : early;
        late = depressed;
      }
      assertEquals(release, stp.update(scalar(spike ? 1 : 0)).host().item(), 1e-12);
      assertEquals(depressed, std.update(scalar(spike ? 1 : 0)).host().item(), 1e-12);
    }
    assertTrue(late < 0.3 * early);
  }

  @Test
  void delaysGiveWhatCameBefore() {
    for (Delay.Traces traces : Delay.Traces.values()) {
      checkDelays(traces);
    }
    Delay one = new Delay(new int[] {0, 3, 1}, DType.F64, Delay.Traces.NONE);
    one.initAllStates();
    Tensor past = one.states().get("past").value();
    assertEquals(4, past.dim(0));
    assertArrayEquals(values(one, "past"), past.host().toDoubles());
    assertEquals(
        List.of("past.0", "past.1", "past.2", "past.3"),
        new Delay(new int[] {0, 3, 1}, DType.F64).states().paths());
    assertThrows(TypeException.class, () -> new Delay(new int[] {-1}, DType.F64));
  }

  private static void checkDelays(Delay.Traces traces) {
    HostTensor in = noise(4, 10, 3);
    Delay same = new Delay(3, 2, DType.F64, traces);
    Delay each = new Delay(new int[] {0, 3, 1}, DType.F64, traces);
    same.initAllStates();
    each.initAllStates();
    int[] steps = {0, 3, 1};
    for (int t = 0; t < 10; t++) {
      double[] one = same.update(in.get(t)).host().toDoubles();
      double[] other = each.update(in.get(t)).host().toDoubles();
      for (int i = 0; i < 3; i++) {
        assertEquals(t < 2 ? 0 : in.getDouble((t - 2) * 3 + i), one[i]);
        assertEquals(t < steps[i] ? 0 : in.getDouble((t - steps[i]) * 3 + i), other[i]);
      }
    }
  }

  /** A projection is its parts, one after the other. */
  @Test
  void projections() {
    RandomKey key = RandomKey.of(3);
    Supplier<Linear> weights = () -> new Linear(2, 3, key, DType.F64);
    SynapticInput input = new SynapticInput.Conductance(5);
    Projection all =
        new Projection(weights.get(), new Synapse.Exponential(3, 4, 1, DType.F64), input);
    Linear linear = weights.get();
    Synapse synapse = new Synapse.Exponential(3, 4, 1, DType.F64);
    LifNeuron neuron = new LifNeuron(3, MEMBRANE);
    for (Model m : List.of(all, synapse, neuron)) {
      m.initAllStates();
    }
    assertEquals(List.of("weights.weight", "weights.bias", "synapse.g"), all.states().paths());
    for (int t = 0; t < 5; t++) {
      Tensor x = noise(4, 5, 2).get(t);
      double[] want =
          input.current(synapse.update(linear.update(x)), neuron.potential()).host().toDoubles();
      Tensor got = all.current(x, neuron);
      assertArrayEquals(want, got.host().toDoubles());
      neuron.update(got);
    }
  }
}
