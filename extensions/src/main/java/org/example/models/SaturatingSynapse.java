package org.example.models;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.spiking.Synapse;

/**
 * A synapse whose receptors saturate: {@code s ← e^(-dt/tau) s + x (1 - s)}, as of NMDA receptors
 * (Wang 1999). State: {@code s}.
 */
public final class SaturatingSynapse extends Synapse {
  private final double decay;
  private final State s = zero();

  /**
   * @param tau time constant, in the unit of {@code dt}
   */
  public SaturatingSynapse(int size, double tau, double dt, DType dtype) {
    super(size, dtype);
    decay = Math.exp(-dt / tau);
  }

  @Override
  public Tensor update(Tensor x) {
    Tensor old = s.value();
    Tensor next = old.mul(decay).add(x.mul(old.neg().add(1)));
    s.set(next);
    return next;
  }
}
