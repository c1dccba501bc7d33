package dev.engram.spiking;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.spiking.Membrane.Reset;
import java.util.Optional;

/**
 * Integrate and fire (Lapicque 1907, without the leak): {@code tau dv/dt = R I}, so each step of a
 * constant current adds {@code dt/tau R I}. State: {@code v}.
 */
public final class IfNeuron extends PlainNeuron {

  /**
   * @param size number of neurons
   */
  public IfNeuron(int size, Membrane membrane) {
    Given.given("IfNeuron", "membrane", membrane);
    super(size, membrane);
  }

  @Override
  Tensor next(Tensor v, Tensor s, Optional<Tensor> current, Optional<Tensor> jump) {
    Tensor next =
        switch (membrane.reset()) {
          case Reset.TO_VALUE -> reset(v, s, membrane.resetTo());
          case Reset.BY_THRESHOLD -> v.sub(s.mul(threshold.value(v)));
          case Reset.BY_THRESHOLD_DETACHED -> v.sub(s.stopGradient().mul(threshold.value(v)));
        };
    if (current.isPresent()) {
      Tensor gain = tau.value(v).reciprocal().mul(membrane.dt() * membrane.resistance());
      next = next.add(current.get().mul(gain));
    }
    return jump.map(next::add).orElse(next);
  }
}
