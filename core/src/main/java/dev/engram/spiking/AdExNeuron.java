package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * The adaptive exponential integrate-and-fire neuron (Brette and Gerstner 2005), in pF, nS, mV, ms
 * and pA:
 *
 * <pre>
 *   capacitance dv/dt = -leak (v - rest) + leak width e^((v - threshold)/width) - w + I
 *   tauW dw/dt = a (v - rest) - w
 *   at v > peak:  v ← reset,  w ← w + b
 * </pre>
 *
 * Integrated by one explicit Euler step per dt, with both equations using the values at its start.
 * The exponential does not overflow: a potential above the peak is reset before it is integrated,
 * and a peak whose exponential would be beyond the range of the element type is an error. No
 * derivative passes through the spike in the reset. States: {@code v}, {@code w}.
 */
public final class AdExNeuron extends PeakNeuron {
  /**
   * The constants of the equations.
   *
   * @param dt length of a step
   * @param a coupling of the adaptation to the potential
   * @param b what a spike adds to the adaptation
   * @param peak above the threshold and the reset
   */
  public record Constants(
      double dt,
      double capacitance,
      double leak,
      double rest,
      double threshold,
      double width,
      double tauW,
      double a,
      double b,
      double peak,
      double reset) {
    public Constants {
      Ranges.positive("AdExNeuron.Constants", "dt", dt);
      Ranges.positive("AdExNeuron.Constants", "capacitance", capacitance);
      Ranges.positive("AdExNeuron.Constants", "leak", leak);
      Ranges.finite("AdExNeuron.Constants", "rest", rest);
      Ranges.finite("AdExNeuron.Constants", "threshold", threshold);
      Ranges.positive("AdExNeuron.Constants", "width", width);
      Ranges.positive("AdExNeuron.Constants", "tauW", tauW);
      Ranges.finite("AdExNeuron.Constants", "a", a);
      Ranges.finite("AdExNeuron.Constants", "b", b);
      Ranges.finite("AdExNeuron.Constants", "reset", reset);
      double low = Math.max(threshold, reset);
      above("AdExNeuron.Constants", "peak", peak, "the threshold and the reset", low);
    }

    /**
     * The regular spiking neuron to which Brette and Gerstner (2005) fit the model. The peak is
     * {@code threshold + 5 width}, as from there on a spike takes no more than {@code e^-5} of the
     * membrane's time constant; dt = 0.1.
     */
    public static Constants regularSpiking() {
      return new Constants(0.1, 281, 30, -70.6, -50.4, 2, 144, 4, 80.5, -40.4, -70.6);
    }

    /** Tonic spiking (Naud et al. 2008), at some 500 pA; peak and dt as above. */
    public static Constants tonic() {
      return new Constants(0.1, 200, 10, -70, -50, 2, 30, 2, 0, -40, -58);
    }

    /** Adaptation (Naud et al. 2008), at some 500 pA; peak and dt as above. */
    public static Constants adapting() {
      return new Constants(0.1, 200, 12, -70, -50, 2, 300, 2, 60, -40, -58);
    }

    /** Regular bursts (Naud et al. 2008), at some 210 pA; peak and dt as above. */
    public static Constants bursting() {
      return new Constants(0.1, 200, 10, -58, -50, 2, 120, 2, 100, -40, -46);
    }
  }

  private final Constants c;
  private final State w;

  /**
   * @param surrogate derivative of the spike in the potential above the peak
   */
  public AdExNeuron(int size, Constants constants, Surrogate surrogate, DType dtype) {
    Given.given("AdExNeuron", "constants", constants);
    Given.given("AdExNeuron", "surrogate", surrogate);
    Given.given("AdExNeuron", "dtype", dtype);
    super(size, constants.rest, constants.peak, surrogate, dtype);
    Exponentials.check("AdExNeuron", constants.peak, constants.threshold, constants.width, dtype);
    this.c = constants;
    this.w = startingAt(0);
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor fired = spikes().stopGradient();
    Tensor old = reset(v.value(), fired, c.reset);
    Tensor adapted = w.value().add(fired.mul(c.b));
    Tensor above = old.sub(c.rest);
    Tensor spike = old.sub(c.threshold).div(c.width).exp().mul(c.width);
    Tensor slope = spike.sub(above).mul(c.leak).sub(adapted);
    Tensor next = old.add(current.map(slope::add).orElse(slope).mul(c.dt / c.capacitance));
    v.set(jump.map(next::add).orElse(next));
    w.set(adapted.add(above.mul(c.a).sub(adapted).mul(c.dt / c.tauW)));
    return spikes();
  }
}
