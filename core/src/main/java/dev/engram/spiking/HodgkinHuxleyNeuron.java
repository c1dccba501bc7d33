package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * The neuron of Hodgkin and Huxley (1952), in mV, ms, mS/cm², µF/cm² and µA/cm², with potentials of
 * today's sign, for which it rests at -65 mV:
 *
 * <pre>
 *   capacitance dv/dt = I - sodium m³ h (v - sodiumReversal) - potassium n⁴ (v - potassiumReversal)
 *                         - leak (v - leakReversal)
 *   dx/dt = α_x(v) (1 - x) - β_x(v) x  for x = m, h, n
 *   α_m = 0.1 (v + 40) / (1 - e^(-(v + 40)/10)),    β_m = 4 e^(-(v + 65)/18)
 *   α_h = 0.07 e^(-(v + 65)/20),                    β_h = 1 / (1 + e^(-(v + 35)/10))
 *   α_n = 0.01 (v + 55) / (1 - e^(-(v + 55)/10)),   β_n = 0.125 e^(-(v + 65)/80)
 * </pre>
 *
 * A step is one of exponential Euler: each variable decays towards where it would rest with the
 * others as they were at its start. There is no reset; a spike is in the step in which v rises
 * above {@code threshold}. The rates are those of v within -200 and 200 mV, so that their
 * exponentials do not overflow. States: {@code v}, {@code m}, {@code h}, {@code n}, and {@code
 * before}, the potential a step before.
 */
public final class HodgkinHuxleyNeuron extends Neuron {
  private static final double REST = -65;
  private static final double RANGE = 200;

  /** The constants of the equations. */
  public record Constants(
      double dt,
      double capacitance,
      double sodium,
      double potassium,
      double leak,
      double sodiumReversal,
      double potassiumReversal,
      double leakReversal,
      double threshold) {
    public Constants {
      Ranges.positive("HodgkinHuxleyNeuron.Constants", "dt", dt);
      Ranges.positive("HodgkinHuxleyNeuron.Constants", "capacitance", capacitance);
      Ranges.notNegative("HodgkinHuxleyNeuron.Constants", "sodium", sodium);
      Ranges.notNegative("HodgkinHuxleyNeuron.Constants", "potassium", potassium);
      Ranges.positive("HodgkinHuxleyNeuron.Constants", "leak", leak);
      Ranges.finite("HodgkinHuxleyNeuron.Constants", "sodiumReversal", sodiumReversal);
      Ranges.finite("HodgkinHuxleyNeuron.Constants", "potassiumReversal", potassiumReversal);
      Ranges.finite("HodgkinHuxleyNeuron.Constants", "leakReversal", leakReversal);
      Ranges.finite("HodgkinHuxleyNeuron.Constants", "threshold", threshold);
    }

    /** The squid's axon; spikes at 0 mV; dt = 0.01. */
    public static Constants squid() {
      return new Constants(0.01, 1, 120, 36, 0.3, 50, -77, -54.387, 0);
    }
  }

  private final Constants c;
  private final Surrogate surrogate;
  private final State v;
  private final State m;
  private final State h;
  private final State n;
  private final State before;

  /**
   * @param surrogate derivative of the spike in the potential above the threshold
   */
  public HodgkinHuxleyNeuron(int size, Constants constants, Surrogate surrogate, DType dtype) {
    Given.given("HodgkinHuxleyNeuron", "constants", constants);
    Given.given("HodgkinHuxleyNeuron", "surrogate", surrogate);
    Given.given("HodgkinHuxleyNeuron", "dtype", dtype);
    super(size, dtype);
    this.c = constants;
    this.surrogate = surrogate;
    this.v = startingAt(REST);
    // at rest: α/(α + β)
    this.m = startingAt(0.0529324852572496);
    this.h = startingAt(0.5961207535084603);
    this.n = startingAt(0.3176769140606974);
    this.before = startingAt(REST);
  }

  @Override
  public Tensor potential() {
    return v.value();
  }

  @Override
  public Tensor spikes() {
    Tensor below = before.value().le(c.threshold).cast(dtype());
    return surrogate.spike(v.value().sub(c.threshold)).mul(below);
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor old = v.value();
    Tensor at = old.clip(-RANGE, RANGE);
    Tensor fast = m.value().mul(m.value()).mul(m.value()).mul(h.value()).mul(c.sodium);
    Tensor slow = n.value().square().square().mul(c.potassium);
    Tensor conductance = fast.add(slow).add(c.leak);
    Tensor pull =
        fast.mul(c.sodiumReversal).add(slow.mul(c.potassiumReversal)).add(c.leak * c.leakReversal);
    Tensor limit = current.map(pull::add).orElse(pull).div(conductance);
    Tensor next = towards(old, limit, conductance.div(c.capacitance));
    m.set(gate(m.value(), linear(at, -40, 0.1), decaying(at, 4, 18)));
    h.set(gate(h.value(), decaying(at, 0.07, 20), at.add(35).div(10).sigmoid()));
    n.set(gate(n.value(), linear(at, -55, 0.01), decaying(at, 0.125, 80)));
    v.set(jump.map(next::add).orElse(next));
    before.set(old);
    return spikes();
  }

  private Tensor towards(Tensor x, Tensor limit, Tensor rate) {
    return limit.add(x.sub(limit).mul(rate.mul(-c.dt).exp()));
  }

  private Tensor gate(Tensor x, Tensor alpha, Tensor beta) {
    Tensor both = alpha.add(beta);
    return towards(x, alpha.div(both), both);
  }

  // scale e^(-(v + 65)/width)
  private static Tensor decaying(Tensor v, double scale, double width) {
    return v.add(65).mul(-1 / width).exp().mul(scale);
  }

  // slope (v - zero)/(1 - e^(-(v - zero)/10)) = 10 slope y/(1 - e^-y)
  private static Tensor linear(Tensor v, double zero, double slope) {
    Tensor y = v.sub(zero).div(10);
    Tensor near = y.abs().lt(0.1);
    Tensor small = near.select(y, y.like(0));
    Tensor large = near.select(y.like(1), y);
    // 1 + y/2 + y²/12 - y⁴/720 + y⁶/30240
    Tensor square = small.square();
    Tensor series = square.mul(1.0 / 30240).sub(1.0 / 720).mul(square).add(1.0 / 12).mul(square);
    Tensor quotient = large.div(large.neg().expm1().neg());
    return near.select(series.add(small.mul(0.5)).add(1), quotient).mul(10 * slope);
  }
}
