package dev.engram.spiking;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * The quadratic integrate-and-fire neuron (Latham et al. 2000), the normal form of a neuron that
 * begins to fire at any low rate (Ermentrout 1996):
 *
 * <pre>
 *   tau dv/dt = gain (v - rest) (v - critical) + R I
 *   at v > peak:  v ← reset
 * </pre>
 *
 * Without input v returns to rest from below {@code critical}, and spikes from above. Integrated by
 * one explicit Euler step per dt. No derivative passes through the spike in the reset. State:
 * {@code v}.
 */
public final class QuadraticIfNeuron extends PeakNeuron {
  /**
   * The constants of the equations; potentials in one unit, such as mV.
   *
   * @param dt length of a step
   * @param tau time constant, in the unit of {@code dt}
   * @param critical above {@code rest}
   * @param gain above 0, per unit of the potential
   * @param peak above {@code critical} and the reset
   */
  public record Constants(
      double dt,
      double tau,
      double rest,
      double critical,
      double gain,
      double resistance,
      double peak,
      double reset) {
    public Constants {
      Ranges.positive("QuadraticIfNeuron.Constants", "dt", dt);
      Ranges.positive("QuadraticIfNeuron.Constants", "tau", tau);
      Ranges.finite("QuadraticIfNeuron.Constants", "rest", rest);
      Ranges.finite("QuadraticIfNeuron.Constants", "critical", critical);
      Ranges.positive("QuadraticIfNeuron.Constants", "gain", gain);
      Ranges.finite("QuadraticIfNeuron.Constants", "resistance", resistance);
      Ranges.finite("QuadraticIfNeuron.Constants", "peak", peak);
      Ranges.finite("QuadraticIfNeuron.Constants", "reset", reset);
      above("QuadraticIfNeuron.Constants", "critical", critical, "the rest", rest);
      above(
          "QuadraticIfNeuron.Constants",
          "peak",
          peak,
          "the critical potential and the reset",
          Math.max(critical, reset));
    }

    /**
     * {@code tau dv/dt = v² - 1 + I}: without dimension, tau = 1, rest -1, critical 1; from -10 to
     * 10; dt = 0.01. It fires at currents above 1.
     */
    public static Constants normalForm() {
      return new Constants(0.01, 1, -1, 1, 1, 1, 10, -10);
    }

    /**
     * A cortical cell in mV and ms, with a resistance of 1: the current is in mV. tau = 20, rest
     * -65, critical -50, and the slope of a leak at rest; peak -30, reset -65; dt = 0.1. It fires
     * at currents above 3.75.
     */
    public static Constants cortical() {
      return new Constants(0.1, 20, -65, -50, 1.0 / 15, 1, -30, -65);
    }
  }

  private final Constants c;

  /**
   * @param surrogate derivative of the spike in the potential above the peak
   */
  public QuadraticIfNeuron(int size, Constants constants, Surrogate surrogate, DType dtype) {
    Given.given("QuadraticIfNeuron", "constants", constants);
    Given.given("QuadraticIfNeuron", "surrogate", surrogate);
    Given.given("QuadraticIfNeuron", "dtype", dtype);
    super(size, constants.rest, constants.peak, surrogate, dtype);
    this.c = constants;
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor old = reset(v.value(), spikes(), c.reset);
    Tensor slope = old.sub(c.rest).mul(old.sub(c.critical)).mul(c.gain);
    Tensor drive = current.map(i -> slope.add(i.mul(c.resistance))).orElse(slope);
    Tensor next = old.add(drive.mul(c.dt / c.tau));
    v.set(jump.map(next::add).orElse(next));
    return spikes();
  }
}
