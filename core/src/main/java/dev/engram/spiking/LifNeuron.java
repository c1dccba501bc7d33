package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.Tensor;
import java.util.Optional;

/**
 * Leaky integrate and fire: {@code tau dv/dt = -(v - rest) + R I}, with a spike where {@code v >
 * threshold}. State: {@code v}.
 */
public final class LifNeuron extends Neuron {
  // Before the membrane, which holds them too: so they are named tau and threshold.
  private final Constant tau;
  private final Constant threshold;
  private final Membrane membrane;
  private final State v;

  public LifNeuron(int size, Membrane membrane) {
    super(size, membrane.dtype());
    this.membrane = membrane;
    this.tau = membrane.tau();
    this.threshold = membrane.threshold();
    this.v = startingAt(membrane.rest());
  }

  @Override
  public Tensor potential() {
    return v.value();
  }

  @Override
  public Tensor spikes() {
    return membrane.surrogate().spike(v.value().sub(threshold.value(v.value())));
  }

  @Override
  Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    v.set(LeakyMembrane.step(membrane, tau, threshold, v.value(), spikes(), current, jump));
    return spikes();
  }
}
