package dev.engram.spiking;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.Optional;

/**
 * Leaky integrate and fire: {@code tau dv/dt = -(v - rest) + R I}, with a spike where {@code v >
 * threshold}. State: {@code v}.
 */
public final class LifNeuron extends PlainNeuron {

  /**
   * @param size number of neurons
   */
  public LifNeuron(int size, Membrane membrane) {
    Given.given("LifNeuron", "membrane", membrane);
    super(size, membrane);
  }

  @Override
  Tensor next(Tensor v, Tensor s, Optional<Tensor> current, Optional<Tensor> jump) {
    return membrane.step(v, s, current, jump);
  }
}
