package dev.engram.spiking;

import dev.engram.ir.Tensor;
import dev.engram.spiking.Membrane.Reset;
import java.util.Optional;

/** The arithmetic of one step of a membrane. */
final class LeakyMembrane {
  private LeakyMembrane() {}

  /** {@code v} where {@code s = 0}, {@code to} where {@code s = 1}; no derivative through s. */
  static Tensor set(Tensor v, Tensor s, double to) {
    Tensor fired = s.stopGradient();
    Tensor kept = v.mul(fired.neg().add(1));
    return to == 0 ? kept : kept.add(fired.mul(to));
  }

  /**
   * Resets {@code v} by the spikes {@code s}, applies the leak, and adds the input:
   *
   * <pre>
   *   v ← rest + α (v - rest) + (1-α) R I - s threshold + jump,    α = e^(-dt/tau)
   * </pre>
   */
  static Tensor step(
      Membrane m,
      Constant tau,
      Constant threshold,
      Tensor v,
      Tensor s,
      Optional<Tensor> current,
      Optional<Tensor> jump) {
    Tensor decay = tau.decay(v, m.dt());
    Tensor start = m.reset() == Reset.TO_VALUE ? set(v, s, m.resetTo()) : v;
    Tensor next = m.rest() == 0 ? start.mul(decay) : start.sub(m.rest()).mul(decay).add(m.rest());
    if (current.isPresent()) {
      next = next.add(decay.neg().add(1).mul(current.get().mul(m.resistance())));
    }
    next =
        switch (m.reset()) {
          case TO_VALUE -> next;
          case BY_THRESHOLD -> next.sub(s.mul(threshold.value(v)));
          case BY_THRESHOLD_DETACHED -> next.sub(s.stopGradient().mul(threshold.value(v)));
        };
    return jump.isPresent() ? next.add(jump.get()) : next;
  }
}
