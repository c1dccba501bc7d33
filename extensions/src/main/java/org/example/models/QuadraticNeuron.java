package org.example.models;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.spiking.Constant;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.Surrogate;
import java.util.Optional;

/**
 * Quadratic integrate and fire (Ermentrout and Kopell 1986): {@code tau dv/dt = v (v - 1) + I},
 * with a spike where {@code v > peak}, after which {@code v = reset}. One explicit Euler step per
 * dt. State: {@code v}.
 */
public final class QuadraticNeuron extends Neuron {
  private static final double PEAK = 2;
  private static final double RESET = -0.5;

  private final Constant tau;
  private final double dt;
  private final Surrogate surrogate;
  private final State v = startingAt(0);

  /**
   * @param tau time constant, in the unit of {@code dt}
   */
  public QuadraticNeuron(int size, Constant tau, double dt, Surrogate surrogate, DType dtype) {
    super(size, dtype);
    this.tau = tau;
    this.dt = dt;
    this.surrogate = surrogate;
  }

  @Override
  public Tensor potential() {
    return v.value();
  }

  @Override
  public Tensor spikes() {
    return surrogate.spike(v.value().sub(PEAK));
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor old = reset(v.value(), spikes(), RESET);
    Tensor slope = old.mul(old.sub(1));
    Tensor driven = current.map(slope::add).orElse(slope).mul(dt).div(tau.value(old));
    Tensor next = old.add(driven);
    v.set(jump.map(next::add).orElse(next));
    return spikes();
  }
}
