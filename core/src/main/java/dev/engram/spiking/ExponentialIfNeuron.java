package dev.engram.spiking;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * The exponential integrate-and-fire neuron (Fourcaud-Trocmé et al. 2003):
 *
 * <pre>
 *   tau dv/dt = -(v - rest) + width e^((v - threshold)/width) + R I
 *   at v > peak:  v ← reset
 * </pre>
 *
 * Above the threshold v grows on its own, and faster than exponentially: the peak only says when
 * the spike is noticed. From {@code threshold + k width} it would be infinite within {@code tau
 * e^-k}.
 *
 * <p>Integrated by one explicit Euler step per dt. The exponential does not overflow: a potential
 * above the peak is reset before it is integrated, and a peak whose exponential would be beyond the
 * range of the element type is an error. No derivative passes through the spike in the reset.
 * State: {@code v}.
 */
public final class ExponentialIfNeuron extends PeakNeuron {
  /**
   * The constants of the equations; potentials in one unit, such as mV.
   *
   * @param dt length of a step
   * @param tau time constant of the membrane, in the unit of {@code dt}
   * @param threshold potential at which the exponential has slope 1
   * @param width how sharply a spike begins
   * @param peak above the threshold and the reset
   */
  public record Constants(
      double dt,
      double tau,
      double rest,
      double resistance,
      double threshold,
      double width,
      double peak,
      double reset) {
    public Constants {
      Ranges.positive("ExponentialIfNeuron.Constants", "dt", dt);
      Ranges.positive("ExponentialIfNeuron.Constants", "tau", tau);
      Ranges.finite("ExponentialIfNeuron.Constants", "rest", rest);
      Ranges.finite("ExponentialIfNeuron.Constants", "resistance", resistance);
      Ranges.finite("ExponentialIfNeuron.Constants", "threshold", threshold);
      Ranges.positive("ExponentialIfNeuron.Constants", "width", width);
      Ranges.finite("ExponentialIfNeuron.Constants", "reset", reset);
      double low = Math.max(threshold, reset);
      above("ExponentialIfNeuron.Constants", "peak", peak, "the threshold and the reset", low);
    }

    /**
     * Fitted to the interneuron of Wang and Buzsáki (Fourcaud-Trocmé et al. 2003, without its
     * refractory time), in mV and ms, with a resistance of 1: the current is in mV. The peak is
     * {@code threshold + 5 width}; dt = 0.1.
     */
    public static Constants wangBuzsaki() {
      return new Constants(0.1, 10, -65, 1, -59.9, 3.48, -42.5, -68);
    }
  }

  private final Constants c;

  /**
   * @param surrogate derivative of the spike in the potential above the peak
   */
  public ExponentialIfNeuron(int size, Constants constants, Surrogate surrogate, DType dtype) {
    Given.given("ExponentialIfNeuron", "constants", constants);
    Given.given("ExponentialIfNeuron", "surrogate", surrogate);
    Given.given("ExponentialIfNeuron", "dtype", dtype);
    super(size, constants.rest, constants.peak, surrogate, dtype);
    Exponentials.check(
        "ExponentialIfNeuron", constants.peak, constants.threshold, constants.width, dtype);
    this.c = constants;
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor old = reset(v.value(), spikes(), c.reset);
    Tensor spike = old.sub(c.threshold).div(c.width).exp().mul(c.width);
    Tensor slope = spike.sub(old.sub(c.rest));
    Tensor drive = current.map(i -> slope.add(i.mul(c.resistance))).orElse(slope);
    Tensor next = old.add(drive.mul(c.dt / c.tau));
    v.set(jump.map(next::add).orElse(next));
    return spikes();
  }
}
