package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.spiking.Membrane.Reset;
import java.util.Optional;

/**
 * Integrate and fire (Lapicque 1907 without the leak): {@code tau dv/dt = R I}, so a step of
 * constant current adds {@code dt/tau R I}. State: {@code v}.
 */
public final class IfNeuron extends Neuron {
  // Before the membrane, which holds them too: so they are named tau and threshold.
  private final Constant tau;
  private final Constant threshold;
  private final Membrane membrane;
  private final State v;

  public IfNeuron(int size, Membrane membrane) {
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
    Tensor s = spikes();
    Tensor old = v.value();
    Tensor next =
        switch (membrane.reset()) {
          case Reset.TO_VALUE -> LeakyMembrane.set(old, s, membrane.resetTo());
          case Reset.BY_THRESHOLD -> old.sub(s.mul(threshold.value(old)));
          case Reset.BY_THRESHOLD_DETACHED -> old.sub(s.stopGradient().mul(threshold.value(old)));
        };
    if (current.isPresent()) {
      Tensor gain = tau.value(old).reciprocal().mul(membrane.dt() * membrane.resistance());
      next = next.add(current.get().mul(gain));
    }
    v.set(jump.map(next::add).orElse(next));
    return spikes();
  }
}
