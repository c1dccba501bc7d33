package dev.engram.spiking;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/** What the output of a synapse does to a neuron. */
public sealed interface SynapticInput {

  /** The potential jumps by it. */
  record Delta() implements SynapticInput {}

  /** It is a current. */
  record Current() implements SynapticInput {}

  /**
   * It is a conductance g: the current is {@code g (reversal - v)}.
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

  /** One step of {@code neuron} with the synapse's output {@code g}; gives the spikes. */
  default Tensor step(Neuron neuron, Tensor g) {
    Given.given("SynapticInput.step", "g", g);
    Given.given("SynapticInput.step", "neuron", neuron);
    return this instanceof Delta ? neuron.jump(g) : neuron.update(current(g, neuron.potential()));
  }

  /**
   * The current at the potential {@code v}, to sum over several inputs.
   *
   * @throws IllegalStateException for {@link Delta}, which is no current
   */
  default Tensor current(Tensor g, Tensor v) {
    Given.given("SynapticInput.current", "g", g);
    Given.given("SynapticInput.current", "v", v);
    return switch (this) {
      case Delta _ ->
          throw new IllegalStateException("a delta synapse gives no current; use Neuron.jump");
      case Current _ -> g;
      case Conductance c -> g.mul(v.neg().add(c.reversal));
      case BlockedConductance c -> {
        Tensor block = v.mul(-0.062).exp().mul(c.magnesium / 3.57).add(1);
        yield g.mul(v.neg().add(c.reversal)).div(block);
      }
    };
  }
}
