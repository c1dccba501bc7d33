package dev.engram.spiking;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/** How the output of a synapse acts on a neuron. */
public sealed interface SynapticInput {

  /** Makes the potential jump. */
  record Delta() implements SynapticInput {}

  /** Acts as a current. */
  record Current() implements SynapticInput {}

  /**
   * Acts as a conductance g: the current is {@code g (reversal - v)}.
   *
   * @param reversal potential at which no current flows
   */
  record Conductance(double reversal) implements SynapticInput {
    public Conductance {
      Ranges.finite("Conductance", "reversal", reversal);
    }
  }

  /**
   * A conductance that magnesium blocks (Jahr and Stevens 1990): the current is {@code g (reversal
   * - v) / (1 + magnesium/3.57 e^(-0.062 v))}, v in millivolts.
   *
   * @param magnesium concentration outside, in millimoles per litre
   */
  record BlockedConductance(double reversal, double magnesium) implements SynapticInput {
    public BlockedConductance {
      Ranges.finite("BlockedConductance", "reversal", reversal);
      Ranges.notNegative("BlockedConductance", "magnesium", magnesium);
    }
  }

  /** Runs one step of {@code neuron} with the synapse's output {@code g}; returns the spikes. */
  default Tensor step(Neuron neuron, Tensor g) {
    Given.given("SynapticInput.step", "g", g);
    Given.given("SynapticInput.step", "neuron", neuron);
    return this instanceof Delta ? neuron.jump(g) : neuron.update(current(g, neuron.potential()));
  }

  /**
   * Returns the current at the potential {@code v}; currents of several inputs can be summed.
   *
   * @throws IllegalStateException for {@link Delta}, which is not a current
   */
  default Tensor current(Tensor g, Tensor v) {
    Given.given("SynapticInput.current", "g", g);
    Given.given("SynapticInput.current", "v", v);
    return switch (this) {
      case Delta _ ->
          throw new IllegalStateException("a delta synapse has no current; use Neuron.jump");
      case Current _ -> g;
      case Conductance c -> g.mul(v.neg().add(c.reversal));
      case BlockedConductance c -> {
        Tensor block = v.mul(-0.062).exp().mul(c.magnesium / 3.57).add(1);
        yield g.mul(v.neg().add(c.reversal)).div(block);
      }
    };
  }
}
