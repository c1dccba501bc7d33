package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * The generalized integrate-and-fire neuron (Mihalaş and Niebur 2009):
 *
 * <pre>
 *   dI₁/dt = -k1 I₁,  dI₂/dt = -k2 I₂
 *   tau dv/dt = -(v - rest) + R (I + I₁ + I₂)
 *   dθ/dt = a (v - rest) - b (θ - thresholdInf)
 *   at a spike, v > θ:  I₁ ← r1 I₁ + a1,  I₂ ← r2 I₂ + a2,  v ← reset,  θ ← max(thresholdReset, θ)
 * </pre>
 *
 * Integrated by one explicit Euler step per dt, with all equations using the values at its start.
 * No derivative passes through the spike in the reset. States: {@code v}, {@code theta}, {@code
 * i1}, {@code i2}.
 */
public final class GifNeuron extends Neuron {
  /** The constants of the equations; times in milliseconds. */
  public record Constants(
      double dt,
      double tau,
      double rest,
      double resistance,
      double k1,
      double k2,
      double a,
      double b,
      double thresholdInf,
      double r1,
      double r2,
      double a1,
      double a2,
      double reset,
      double thresholdReset) {
    public Constants {
      Ranges.positive("GifNeuron.Constants", "dt", dt);
      Ranges.positive("GifNeuron.Constants", "tau", tau);
      Ranges.finite("GifNeuron.Constants", "rest", rest);
      Ranges.finite("GifNeuron.Constants", "resistance", resistance);
      Ranges.finite("GifNeuron.Constants", "k1", k1);
      Ranges.finite("GifNeuron.Constants", "k2", k2);
      Ranges.finite("GifNeuron.Constants", "a", a);
      Ranges.finite("GifNeuron.Constants", "b", b);
      Ranges.finite("GifNeuron.Constants", "thresholdInf", thresholdInf);
      Ranges.finite("GifNeuron.Constants", "r1", r1);
      Ranges.finite("GifNeuron.Constants", "r2", r2);
      Ranges.finite("GifNeuron.Constants", "a1", a1);
      Ranges.finite("GifNeuron.Constants", "a2", a2);
      Ranges.finite("GifNeuron.Constants", "reset", reset);
      Ranges.finite("GifNeuron.Constants", "thresholdReset", thresholdReset);
    }

    /** Tonic spiking at a current of 1.5 (the paper's table 1, A); dt = 0.5. */
    public static Constants tonic() {
      return new Constants(0.5, 20, -70, 20, 0.2, 0.02, 0, 0.01, -50, 0, 1, 0, 0, -70, -60);
    }

    /** Spike frequency adaptation: {@link #tonic} with a threshold that follows v, a = 0.005. */
    public static Constants adapting() {
      return new Constants(0.5, 20, -70, 20, 0.2, 0.02, 0.005, 0.01, -50, 0, 1, 0, 0, -70, -60);
    }
  }

  private final Constants c;
  private final Constant k1;
  private final Constant k2;
  private final Surrogate surrogate;
  private final State v;
  private final State theta;
  private final State i1;
  private final State i2;

  /** Neurons whose currents decay at the rates of {@code constants}. */
  public GifNeuron(int size, Constants constants, Surrogate surrogate, DType dtype) {
    Given.given("GifNeuron", "constants", constants);
    this(size, constants, Constant.of(constants.k1), Constant.of(constants.k2), surrogate, dtype);
  }

  /**
   * Neurons whose currents decay at rates of their own, or at rates that are learned.
   *
   * @param k1 per unit of dt, in place of that of {@code constants}
   * @param k2 per unit of dt, in place of that of {@code constants}
   */
  public GifNeuron(
      int size, Constants constants, Constant k1, Constant k2, Surrogate surrogate, DType dtype) {
    Given.given("GifNeuron", "constants", constants);
    Given.given("GifNeuron", "k1", k1);
    Given.given("GifNeuron", "k2", k2);
    Given.given("GifNeuron", "surrogate", surrogate);
    super(size, dtype);
    this.c = constants;
    this.k1 = k1;
    this.k2 = k2;
    this.surrogate = surrogate;
    this.v = startingAt(c.rest);
    this.theta = startingAt(c.thresholdInf);
    this.i1 = startingAt(0);
    this.i2 = startingAt(0);
  }

  @Override
  public Tensor potential() {
    return v.value();
  }

  @Override
  public Tensor spikes() {
    return surrogate.spike(v.value().sub(theta.value()));
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor fired = spikes().stopGradient();
    Tensor old = reset(v.value(), fired, c.reset);
    Tensor bound = theta.value().max(theta.value().like(c.thresholdReset));
    Tensor limit = theta.value().add(fired.mul(bound.sub(theta.value())));
    Tensor first = kicked(i1.value(), fired, c.r1, c.a1);
    Tensor second = kicked(i2.value(), fired, c.r2, c.a2);
    Tensor inside = first.add(second);
    Tensor drive = current.map(inside::add).orElse(inside).mul(c.resistance);
    Tensor above = old.sub(c.rest);
    Tensor next = old.add(drive.sub(above).mul(c.dt / c.tau));
    v.set(jump.map(next::add).orElse(next));
    theta.set(limit.add(above.mul(c.a).sub(limit.sub(c.thresholdInf).mul(c.b)).mul(c.dt)));
    i1.set(first.mul(k1.left(first, c.dt)));
    i2.set(second.mul(k2.left(second, c.dt)));
    return spikes();
  }

  // i where there was no spike, r i + a where there was
  private static Tensor kicked(Tensor i, Tensor fired, double r, double a) {
    return i.add(fired.mul(i.mul(r - 1).add(a)));
  }
}
