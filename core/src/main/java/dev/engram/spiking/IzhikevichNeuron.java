package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * Izhikevich's neuron (2003), in millivolts and milliseconds:
 *
 * <pre>
 *   dv/dt = 0.04 v² + 5 v + 140 - u + I
 *   du/dt = a (b v - u)
 *   at v > 30:  v ← c,  u ← u + d
 * </pre>
 *
 * As in the paper, v takes two explicit half steps, then u takes one full step. No derivative
 * passes through the spike in the reset. States: {@code v}, {@code u}.
 */
public final class IzhikevichNeuron extends PeakNeuron {
  private static final double PEAK = 30;

  /** The constants of the equations. */
  public record Constants(double dt, double a, double b, double c, double d) {
    public Constants {
      Ranges.positive("IzhikevichNeuron.Constants", "dt", dt);
      Ranges.finite("IzhikevichNeuron.Constants", "a", a);
      Ranges.finite("IzhikevichNeuron.Constants", "b", b);
      Ranges.finite("IzhikevichNeuron.Constants", "c", c);
      Ranges.finite("IzhikevichNeuron.Constants", "d", d);
    }

    /** Regular spiking: excitatory cortical cells; dt = 1. */
    public static Constants regularSpiking() {
      return new Constants(1, 0.02, 0.2, -65, 8);
    }

    /** Fast spiking: inhibitory cells; dt = 1. */
    public static Constants fastSpiking() {
      return new Constants(1, 0.1, 0.2, -65, 2);
    }

    /** Chattering: bursts; dt = 1. */
    public static Constants chattering() {
      return new Constants(1, 0.02, 0.2, -50, 2);
    }
  }

  private final Constants c;
  private final State u;

  /**
   * @param surrogate derivative of the spike in the potential above 30 mV
   */
  public IzhikevichNeuron(int size, Constants constants, Surrogate surrogate, DType dtype) {
    Given.given("IzhikevichNeuron", "constants", constants);
    Given.given("IzhikevichNeuron", "surrogate", surrogate);
    super(size, -65, PEAK, surrogate, dtype);
    this.c = constants;
    this.u = startingAt(-65 * c.b);
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor fired = spikes().stopGradient();
    Tensor recovery = u.value().add(fired.mul(c.d));
    Tensor next = reset(v.value(), fired, c.c);
    for (int half = 0; half < 2; half++) {
      Tensor slope = next.square().mul(0.04).add(next.mul(5)).add(140).sub(recovery);
      next = next.add(current.map(slope::add).orElse(slope).mul(c.dt / 2));
    }
    u.set(recovery.add(next.mul(c.b).sub(recovery).mul(c.a * c.dt)));
    v.set(jump.map(next::add).orElse(next));
    return spikes();
  }
}
