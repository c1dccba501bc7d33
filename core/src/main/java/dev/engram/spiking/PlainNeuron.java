package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.Tensor;
import java.util.Optional;

/** A neuron whose only state is the potential, with a spike where {@code v > threshold}. */
abstract sealed class PlainNeuron extends Neuron permits IfNeuron, LifNeuron {
  // Declared before the membrane, which holds them too, so that their paths are tau and threshold.
  final Constant tau;
  final Constant threshold;
  final Membrane membrane;
  private final State v;

  PlainNeuron(int size, Membrane membrane) {
    super(size, membrane.dtype());
    this.membrane = membrane;
    this.tau = membrane.tau();
    this.threshold = membrane.threshold();
    this.v = startingAt(membrane.rest());
  }

  @Override
  public final Tensor potential() {
    return v.value();
  }

  @Override
  public final Tensor spikes() {
    return membrane.surrogate().spike(potential().sub(threshold.value(potential())));
  }

  @Override
  protected final Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    v.set(next(v.value(), spikes(), current, jump));
    return spikes();
  }

  /** The potential after a step from {@code v}, with the spikes {@code s} at its start. */
  abstract Tensor next(Tensor v, Tensor s, Optional<Tensor> current, Optional<Tensor> jump);
}
