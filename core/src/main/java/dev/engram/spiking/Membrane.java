package dev.engram.spiking;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * The parameters of a leaky membrane, shared by the neurons that have one.
 *
 * @param dt length of a step
 * @param tau time constant of the membrane, in the unit of {@code dt}
 * @param resistance change of the potential that a constant current of 1 leads to in the limit
 * @param rest potential without input
 * @param threshold potential above which there is a spike
 * @param reset what a spike does to the potential
 * @param resetTo potential after a spike, where {@code reset} is {@link Reset#TO_VALUE}
 * @param surrogate derivative of the spike in the potential
 */
public record Membrane(
    double dt,
    Constant tau,
    double resistance,
    double rest,
    Constant threshold,
    Reset reset,
    double resetTo,
    Surrogate surrogate,
    DType dtype) {
  public Membrane {
    Given.given("Membrane", "tau", tau);
    Given.given("Membrane", "threshold", threshold);
    Given.given("Membrane", "reset", reset);
    Given.given("Membrane", "surrogate", surrogate);
    Given.given("Membrane", "dtype", dtype);
    Ranges.positive("Membrane", "dt", dt);
    tau.positive("Membrane", "tau");
    Ranges.finite("Membrane", "resistance", resistance);
    Ranges.finite("Membrane", "rest", rest);
    Ranges.finite("Membrane", "resetTo", resetTo);
  }

  /** What a spike does to the potential, at the start of the next step. */
  public enum Reset {
    /** Sets it to a value; no derivative passes through the spike. */
    TO_VALUE,
    /** Subtracts the threshold, after the leak; a derivative passes through the spike. */
    BY_THRESHOLD,
    /** Like {@link #BY_THRESHOLD}, without a derivative through the spike. */
    BY_THRESHOLD_DETACHED
  }

  /**
   * Dimensionless: dt = 1, rest and reset 0, threshold 1, resistance 1, reset to a value, {@link
   * Surrogate#triangle} of height 0.3, f32.
   */
  public static Membrane of(double tau) {
    Ranges.positive("Membrane.of", "tau", tau);
    return new Membrane(
        1,
        Constant.of(tau),
        1,
        0,
        Constant.of(1),
        Reset.TO_VALUE,
        0,
        Surrogate.triangle(0.3, 1),
        DType.F32);
  }

  /** Another length of a step, in the unit of tau; positive. */
  public Membrane withDt(double value) {
    return new Membrane(value, tau, resistance, rest, threshold, reset, resetTo, surrogate, dtype);
  }

  /** Another time constant, in the unit of dt; positive. */
  public Membrane withTau(Constant value) {
    return new Membrane(dt, value, resistance, rest, threshold, reset, resetTo, surrogate, dtype);
  }

  /** Another limit of the potential under a constant current of 1. */
  public Membrane withResistance(double value) {
    return new Membrane(dt, tau, value, rest, threshold, reset, resetTo, surrogate, dtype);
  }

  /** Another potential without input. */
  public Membrane withRest(double value) {
    return new Membrane(dt, tau, resistance, value, threshold, reset, resetTo, surrogate, dtype);
  }

  /** Another potential above which there is a spike. */
  public Membrane withThreshold(Constant value) {
    return new Membrane(dt, tau, resistance, rest, value, reset, resetTo, surrogate, dtype);
  }

  /** Another effect of a spike on the potential. */
  public Membrane withReset(Reset kind) {
    return new Membrane(dt, tau, resistance, rest, threshold, kind, resetTo, surrogate, dtype);
  }

  /** {@link Reset#TO_VALUE}. */
  public Membrane withResetTo(double value) {
    return new Membrane(
        dt, tau, resistance, rest, threshold, Reset.TO_VALUE, value, surrogate, dtype);
  }

  /** Another derivative of the spike in the potential. */
  public Membrane withSurrogate(Surrogate value) {
    return new Membrane(dt, tau, resistance, rest, threshold, reset, resetTo, value, dtype);
  }

  /** Another element type of states, currents and spikes. */
  public Membrane withType(DType value) {
    return new Membrane(dt, tau, resistance, rest, threshold, reset, resetTo, surrogate, value);
  }

  /**
   * Resets {@code v} by the spikes {@code s}, applies the leak, and adds the input:
   *
   * <pre>
   *   v ← rest + α (v - rest) + (1-α) R I - s threshold + jump,    α = e^(-dt/tau)
   * </pre>
   *
   * @param v potential at the start of the step, {@code [size]}
   * @param spikes those that it stands for
   * @param current I, {@code [size]}
   * @param jump {@code [size]}
   */
  public Tensor step(Tensor v, Tensor spikes, Optional<Tensor> current, Optional<Tensor> jump) {
    Given.given("Membrane.step", "v", v);
    Given.given("Membrane.step", "spikes", spikes);
    Given.given("Membrane.step", "current", current);
    Given.given("Membrane.step", "jump", jump);
    Tensor decay = tau.decay(v, dt);
    Tensor start = reset == Reset.TO_VALUE ? Neuron.reset(v, spikes, resetTo) : v;
    Tensor next = rest == 0 ? start.mul(decay) : start.sub(rest).mul(decay).add(rest);
    if (current.isPresent()) {
      next = next.add(decay.neg().add(1).mul(current.get().mul(resistance)));
    }
    next =
        switch (reset) {
          case TO_VALUE -> next;
          case BY_THRESHOLD -> next.sub(spikes.mul(threshold.value(v)));
          case BY_THRESHOLD_DETACHED -> next.sub(spikes.stopGradient().mul(threshold.value(v)));
        };
    return jump.isPresent() ? next.add(jump.get()) : next;
  }
}
