package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/**
 * What spikes do to neurons: weights, then a synapse of one element for each neuron, then how it
 * acts on them. Several projections onto the same neurons are summed:
 *
 * <pre>{@code
 * neuron.update(inputs.current(x, neuron).add(inhibition.current(i, neuron)));
 * }</pre>
 */
public final class Projection extends Model {
  private final Layer weights;
  private final Synapse synapse;
  private final SynapticInput input;

  /**
   * @param weights from spikes to {@code [size]} of the synapse
   * @param input how it acts; for {@link SynapticInput.Delta}, which has no current, use {@link
   *     Neuron#jump}
   */
  public Projection(Layer weights, Synapse synapse, SynapticInput input) {
    this.weights = Given.given("Projection", "weights", weights);
    this.synapse = Given.given("Projection", "synapse", synapse);
    this.input = Given.given("Projection", "input", input);
  }

  /**
   * Runs one step of weights and synapse.
   *
   * @param spikes that arrive, as the weights take them
   * @param neuron on whose potential the current may depend, that before its step
   * @return current, {@code [size]}
   */
  public Tensor current(Tensor spikes, Neuron neuron) {
    Given.given("Projection.current", "spikes", spikes);
    Given.given("Projection.current", "neuron", neuron);
    return input.current(synapse.update(weights.update(spikes)), neuron.potential());
  }
}
