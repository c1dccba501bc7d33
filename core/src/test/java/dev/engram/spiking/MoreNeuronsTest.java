package dev.engram.spiking;

import static dev.engram.nn.Plain.noise;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Exponential, quadratic and adaptive neurons against loops over one number. */
class MoreNeuronsTest {
  private static final DType F64 = DType.F64;
  private static final Surrogate SURROGATE = Surrogate.arctan(1);
  private static final int STEPS = 4000;

  /** A neuron in plain Java: takes the current, advances one step, gives the potential. */
  private interface Plain {
    double step(double current);
  }

  /** The potentials and spikes of {@code plain}; returns the steps of the spikes. */
  private static List<Integer> check(
      Neuron neuron, Plain plain, double peak, double mean, double deviation) {
    HostTensor in = noise(3, STEPS, 1).mul(deviation).add(mean).host();
    neuron.initAllStates();
    HostTensor potentials =
        Engram.jit(
                (Tensor xs) ->
                    Engram.forLoop(
                        (Tensor x) -> {
                          Tensor spikes = neuron.update(x);
                          return Tensor.concat(0, neuron.potential(), spikes);
                        },
                        xs))
            .apply(in)
            .host();
    List<Integer> spikes = new ArrayList<>();
    for (int t = 0; t < STEPS; t++) {
      double want = plain.step(in.getDouble(t));
      double got = potentials.getDouble(2L * t);
      assertEquals(want, got, 1e-6 * Math.max(1, Math.abs(want)), "step " + t);
      assertEquals(want > peak ? 1 : 0, potentials.getDouble(2L * t + 1), "step " + t);
      if (want > peak) {
        spikes.add(t);
      }
    }
    return spikes;
  }

  private static Plain exponential(ExponentialIfNeuron.Constants c) {
    return new Plain() {
      double v = c.rest();

      @Override
      public double step(double i) {
        v = v > c.peak() ? c.reset() : v;
        double spike = c.width() * Math.exp((v - c.threshold()) / c.width());
        v += c.dt() / c.tau() * (c.rest() - v + spike + c.resistance() * i);
        return v;
      }
    };
  }

  @Test
  void exponentialIntegrateAndFire() {
    var c = ExponentialIfNeuron.Constants.wangBuzsaki();
    Neuron neuron = new ExponentialIfNeuron(1, c, SURROGATE, F64);
    List<Integer> spikes = check(neuron, exponential(c), c.peak(), 8, 3);
    assertTrue(spikes.size() > 10 && spikes.size() < 200, "spikes: " + spikes.size());
    // The least current that makes it fire is threshold - width - rest = 1.62.
    assertEquals(0, check(neuron, exponential(c), c.peak(), 1.55, 0).size());
    assertTrue(check(neuron, exponential(c), c.peak(), 2.5, 0).size() >= 3);
  }

  /** A higher peak changes the times of spikes by less than {@code tau e^-5}. */
  @Test
  void thePeakHardlyMatters() {
    var c = ExponentialIfNeuron.Constants.wangBuzsaki();
    var far = new ExponentialIfNeuron.Constants(0.01, 10, -65, 1, -59.9, 3.48, 20, -68);
    var near = new ExponentialIfNeuron.Constants(0.01, 10, -65, 1, -59.9, 3.48, c.peak(), -68);
    int first =
        check(new ExponentialIfNeuron(1, far, SURROGATE, F64), exponential(far), 20, 9, 0)
            .getFirst();
    int early =
        check(new ExponentialIfNeuron(1, near, SURROGATE, F64), exponential(near), c.peak(), 9, 0)
            .getFirst();
    // and by what the steps are too late
    double later = (first - early) * 0.01;
    assertTrue(later > 0 && later < 10 * Math.exp(-5) + 0.03, first + " " + early);
  }

  @Test
  void quadraticIntegrateAndFire() {
    for (var c :
        List.of(QuadraticIfNeuron.Constants.normalForm(), QuadraticIfNeuron.Constants.cortical())) {
      boolean normal = c.peak() == 10;
      List<Integer> spikes =
          check(
              new QuadraticIfNeuron(1, c, SURROGATE, F64),
              quadratic(c),
              c.peak(),
              normal ? 3 : 12,
              normal ? 0.5 : 3);
      assertTrue(spikes.size() > 3 && spikes.size() < 300, "spikes: " + spikes.size());
    }
  }

  private static Plain quadratic(QuadraticIfNeuron.Constants c) {
    return new Plain() {
      double v = c.rest();

      @Override
      public double step(double i) {
        v = v > c.peak() ? c.reset() : v;
        double slope = c.gain() * (v - c.rest()) * (v - c.critical());
        v += c.dt() / c.tau() * (slope + c.resistance() * i);
        return v;
      }
    };
  }

  /** From -10 to 10 by dv/dt = v² + 2 takes 2 atan(10/√2)/√2. */
  @Test
  void quadraticNeuronsFireAtTheRateOfTheirClosedForm() {
    var c = new QuadraticIfNeuron.Constants(0.001, 1, -1, 1, 1, 1, 10, -10);
    List<Integer> spikes =
        check(new QuadraticIfNeuron(1, c, SURROGATE, F64), quadratic(c), 10, 3, 0);
    double want = 2 * Math.atan(10 / Math.sqrt(2)) / Math.sqrt(2);
    assertEquals(want, (spikes.get(1) - spikes.get(0)) * 0.001, 0.02);
    var cortical = QuadraticIfNeuron.Constants.cortical();
    Neuron neuron = new QuadraticIfNeuron(1, cortical, SURROGATE, F64);
    assertEquals(0, check(neuron, quadratic(cortical), -30, 3.7, 0).size());
    assertTrue(check(neuron, quadratic(cortical), -30, 4.5, 0).size() >= 1);
  }

  private static Plain adaptive(AdExNeuron.Constants c) {
    return new Plain() {
      double v = c.rest();
      double w = 0;

      @Override
      public double step(double i) {
        if (v > c.peak()) {
          v = c.reset();
          w += c.b();
        }
        double spike = c.leak() * c.width() * Math.exp((v - c.threshold()) / c.width());
        double dv = (-c.leak() * (v - c.rest()) + spike - w + i) / c.capacitance();
        double dw = (c.a() * (v - c.rest()) - w) / c.tauW();
        v += c.dt() * dv;
        w += c.dt() * dw;
        return v;
      }
    };
  }

  private static List<Integer> intervals(AdExNeuron.Constants c, double current) {
    Neuron neuron = new AdExNeuron(1, c, SURROGATE, F64);
    List<Integer> spikes = check(neuron, adaptive(c), c.peak(), current, 0);
    List<Integer> between = new ArrayList<>();
    for (int i = 1; i < spikes.size(); i++) {
      between.add(spikes.get(i) - spikes.get(i - 1));
    }
    assertTrue(between.size() >= 4, "intervals " + between);
    return between;
  }

  @Test
  void adaptiveExponential() {
    for (var c :
        List.of(
            AdExNeuron.Constants.regularSpiking(),
            AdExNeuron.Constants.tonic(),
            AdExNeuron.Constants.adapting(),
            AdExNeuron.Constants.bursting())) {
      List<Integer> spikes =
          check(new AdExNeuron(1, c, SURROGATE, F64), adaptive(c), c.peak(), 800, 100);
      assertTrue(spikes.size() > 3 && spikes.size() < STEPS / 10, "spikes: " + spikes.size());
    }
  }

  @Test
  void patternsOfFiringAreThoseOfTheirNames() {
    List<Integer> tonic = intervals(AdExNeuron.Constants.tonic(), 500);
    assertTrue(tonic.getLast() <= 1.25 * tonic.get(1), "tonic " + tonic);
    List<Integer> adapting = intervals(AdExNeuron.Constants.adapting(), 500);
    assertTrue(adapting.getLast() > 2 * adapting.getFirst(), "adapting " + adapting);
    List<Integer> bursting = intervals(AdExNeuron.Constants.bursting(), 210);
    int shortest = bursting.stream().min(Integer::compare).orElseThrow();
    int longest = bursting.stream().max(Integer::compare).orElseThrow();
    assertTrue(longest > 5 * shortest, "bursting " + bursting);
    long pauses = bursting.stream().filter(n -> n > 2 * shortest).count();
    assertTrue(pauses >= 2 && pauses <= bursting.size() / 2, "bursting " + bursting);
  }

  @Test
  void nothingOverflows() {
    for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16)) {
      Neuron neuron = new AdExNeuron(1, AdExNeuron.Constants.regularSpiking(), SURROGATE, dtype);
      neuron.initAllStates();
      for (int t = 0; t < 50; t++) {
        neuron.update(HostTensor.of(new double[] {t % 2 == 0 ? 30000 : -30000}, 1).cast(dtype));
        assertTrue(Double.isFinite(neuron.potential().host().item()), dtype + " at " + t);
      }
    }
    var c = AdExNeuron.Constants.regularSpiking();
    AdExNeuron.Constants paper =
        new AdExNeuron.Constants(0.1, 281, 30, -70.6, -50.4, 2, 144, 4, 80.5, 20, c.reset());
    new AdExNeuron(1, paper, SURROGATE, DType.F32);
    String e =
        assertThrows(TypeException.class, () -> new AdExNeuron(1, paper, SURROGATE, DType.F16))
            .getMessage();
    assertTrue(e.contains("choose a lower peak") && e.contains("MoreNeuronsTest.java"), e);
    e =
        assertThrows(
                TypeException.class,
                () -> new QuadraticIfNeuron.Constants(1, 1, 0, -1, 1, 1, 10, 0))
            .getMessage();
    assertTrue(e.contains("critical=-1.0") && e.contains("above the rest"), e);
    assertThrows(
        TypeException.class, () -> new ExponentialIfNeuron.Constants(1, 10, 0, 1, 1, 0.1, 0.5, 0));
  }

  private static Plain hodgkinHuxley(HodgkinHuxleyNeuron.Constants c) {
    return new Plain() {
      double v = -65;
      double m = 0.05293248525724958;
      double h = 0.5961207535084603;
      double n = 0.3176769140606974;

      double ratio(double y) {
        return Math.abs(y) < 1e-9 ? 1 + y / 2 : y / -Math.expm1(-y);
      }

      double gate(double x, double alpha, double beta) {
        double decay = Math.exp(-c.dt() * (alpha + beta));
        return x * decay + alpha / (alpha + beta) * (1 - decay);
      }

      @Override
      public double step(double i) {
        double sodium = 120 * m * m * m * h;
        double potassium = 36 * Math.pow(n, 4);
        double all = sodium + potassium + 0.3;
        double limit = (i + sodium * 50 - potassium * 77 - 0.3 * 54.387) / all;
        double decay = Math.exp(-c.dt() * all);
        m = gate(m, ratio((v + 40) / 10), 4 * Math.exp(-(v + 65) / 18));
        h = gate(h, 0.07 * Math.exp(-(v + 65) / 20), 1 / (1 + Math.exp(-(v + 35) / 10)));
        n = gate(n, 0.1 * ratio((v + 55) / 10), 0.125 * Math.exp(-(v + 65) / 80));
        v = v * decay + limit * (1 - decay);
        return v;
      }
    };
  }

  /** At 10 µA/cm² the axon fires at 68 Hz; below 6 it does not go on firing. */
  @Test
  void hodgkinHuxleyIsTheSquidsAxon() {
    var c = HodgkinHuxleyNeuron.Constants.squid();
    Plain plain = hodgkinHuxley(c);
    Neuron neuron = new HodgkinHuxleyNeuron(1, c, SURROGATE, F64);
    neuron.initAllStates();
    Tensor input = HostTensor.full(TensorType.of(F64, 20_000, 1), 10);
    HostTensor got =
        Engram.jit(
                (Tensor xs) ->
                    Engram.forLoop(
                        (Tensor x) -> {
                          Tensor spikes = neuron.update(x);
                          return Tensor.concat(0, neuron.potential(), spikes);
                        },
                        xs))
            .apply(input)
            .host();
    List<Integer> spikes = new ArrayList<>();
    double before = -65;
    for (int t = 0; t < 20_000; t++) {
      double want = plain.step(10);
      assertEquals(want, got.getDouble(2L * t), 1e-6, "step " + t);
      boolean spike = want > 0 && before <= 0;
      assertEquals(spike ? 1 : 0, got.getDouble(2L * t + 1), "step " + t);
      before = want;
      if (spike) {
        spikes.add(t);
      }
    }
    double interval = (spikes.getLast() - spikes.get(5)) * 0.01 / (spikes.size() - 6);
    assertEquals(68, 1000 / interval, 2);
    // at rest nothing moves
    neuron.initAllStates();
    for (int t = 0; t < 200; t++) {
      neuron.update(HostTensor.of(new double[] {0}, 1));
    }
    assertEquals(-65, neuron.potential().host().item(), 0.01);
    // nor does an absurd current make it infinite
    for (int t = 0; t < 20; t++) {
      neuron.update(HostTensor.of(new double[] {t % 2 == 0 ? 1e7 : -1e7}, 1));
    }
    assertTrue(Double.isFinite(neuron.states().get("h").value().host().item()));
  }
}
