package dev.engram.spiking;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TraceException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * How the output of a synapse acts on a neuron: as a current that may depend on the potential. One
 * of your own is a function, such as {@code (g, v) -> g.mul(v.neg())}.
 */
@FunctionalInterface
public interface SynapticInput {

  /**
   * Returns the current at the potential {@code v}; currents of several inputs can be summed.
   *
   * @param g output of the synapse, {@code [size]}
   * @param v {@code [size]}
   * @throws TraceException for {@link Delta}, which is not a current
   */
  Tensor current(Tensor g, Tensor v);

  /** Runs one step of {@code neuron} with the synapse's output {@code g}; returns the spikes. */
  default Tensor step(Neuron neuron, Tensor g) {
    Given.given("SynapticInput.step", "g", g);
    Given.given("SynapticInput.step", "neuron", neuron);
    return neuron.update(current(g, neuron.potential()));
  }

  /** Makes the potential jump. */
  record Delta() implements SynapticInput {
    @Override
    public Tensor current(Tensor g, Tensor v) {
      Given.given("SynapticInput.current", "g", g);
      Given.given("SynapticInput.current", "v", v);
      throw new TraceException(
          "a delta synapse has no current, expected one that has (%s); use Neuron.jump"
              .formatted(SourceLocation.here()));
    }

    @Override
    public Tensor step(Neuron neuron, Tensor g) {
      Given.given("SynapticInput.step", "g", g);
      Given.given("SynapticInput.step", "neuron", neuron);
      return neuron.jump(g);
    }
  }

  /** Acts as a current. */
  record Current() implements SynapticInput {
    @Override
    public Tensor current(Tensor g, Tensor v) {
      Given.given("SynapticInput.current", "v", v);
      return Given.given("SynapticInput.current", "g", g);
    }
  }

  /**
   * Acts as a conductance g: the current is {@code g (reversal - v)}.
   *
   * @param reversal potential at which no current flows
   */
  record Conductance(double reversal) implements SynapticInput {
    public Conductance {
      Ranges.finite("Conductance", "reversal", reversal);
    }

    @Override
    public Tensor current(Tensor g, Tensor v) {
      Given.given("SynapticInput.current", "g", g);
      Given.given("SynapticInput.current", "v", v);
      return g.mul(v.neg().add(reversal));
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

    @Override
    public Tensor current(Tensor g, Tensor v) {
      Given.given("SynapticInput.current", "g", g);
      Given.given("SynapticInput.current", "v", v);
      Tensor block = v.mul(-0.062).exp().mul(magnesium / 3.57).add(1);
      return g.mul(v.neg().add(reversal)).div(block);
    }
  }
}
