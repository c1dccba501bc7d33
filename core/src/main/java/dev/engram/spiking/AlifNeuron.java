package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.Optional;

/**
 * Adaptive leaky integrate and fire (Bellec et al. 2018): a {@link LifNeuron} whose threshold rises
 * with each spike, {@code a ← e^(-dt/tauAdaptation) a + s}, with a spike where {@code v > threshold
 * + beta a}. A reset by threshold subtracts the constant part of the threshold, without {@code a}.
 * States: {@code v}, {@code a}.
 */
public final class AlifNeuron extends Neuron {
  // Declared before the membrane, which holds them too, so that their paths are tau and threshold.
  @SuppressWarnings("unused") // names its states
  private final Constant tau;

  private final Constant threshold;
  private final Membrane membrane;
  private final Constant tauAdaptation;
  private final Constant beta;
  private final State v;
  private final State a;

  /**
   * @param tauAdaptation time constant of the adaptation, in the unit of {@code membrane.dt()}
   * @param beta increase of the threshold per unit of {@code a}
   */
  public AlifNeuron(int size, Membrane membrane, Constant tauAdaptation, Constant beta) {
    Given.given("AlifNeuron", "membrane", membrane);
    Given.given("AlifNeuron", "tauAdaptation", tauAdaptation);
    Given.given("AlifNeuron", "beta", beta);
    super(size, membrane.dtype());
    this.membrane = membrane;
    this.tau = membrane.tau();
    this.threshold = membrane.threshold();
    this.tauAdaptation = tauAdaptation.positive("AlifNeuron", "tauAdaptation");
    this.beta = beta;
    this.v = startingAt(membrane.rest());
    this.a = startingAt(0);
  }

  @Override
  public Tensor potential() {
    return v.value();
  }

  @Override
  public Tensor spikes() {
    Tensor above = v.value().sub(threshold.value(v.value()));
    return membrane.surrogate().spike(above.sub(a.value().mul(beta.value(v.value()))));
  }

  @Override
  protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor s = spikes();
    v.set(membrane.step(v.value(), s, current, jump));
    a.set(a.value().mul(tauAdaptation.decay(s, membrane.dt())).add(s));
    return spikes();
  }
}
