package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.Moves;
import dev.engram.nn.Initializer;

/**
 * Recurrently connected neurons: each receives the input x and the spikes s of all neurons at the
 * end of the last step through one weight matrix, {@code [x, s] w}. States: {@code w [in+size,
 * size]} and those of the neurons.
 */
public final class RecurrentSpikes extends Layer {
  private final Neuron neuron;
  private final SynapticInput input;
  private final State w;

  /** With delta synapses. */
  public RecurrentSpikes(int in, Neuron neuron, RandomKey key, Initializer weight) {
    this(in, neuron, new SynapticInput.Delta(), key, weight);
  }

  public RecurrentSpikes(
      int in, Neuron neuron, SynapticInput input, RandomKey key, Initializer weight) {
    Ranges.atLeastOne("RecurrentSpikes", "in", in);
    Given.given("RecurrentSpikes", "neuron", neuron);
    Given.given("RecurrentSpikes", "input", input);
    Given.given("RecurrentSpikes", "key", key);
    Given.given("RecurrentSpikes", "weight", weight);
    int size = neuron.size();
    this.neuron = neuron;
    this.input = input;
    int all = Moves.length("RecurrentSpikes", "the axis of input and spikes", (long) in + size);
    this.w = parameter(weight.make(key, Shape.of(all, size), neuron.dtype()));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("RecurrentSpikes.update", "x", x);
    return input.step(neuron, Tensor.concat(-1, x, neuron.spikes()).matmul(w.value()));
  }

  public Neuron neuron() {
    return neuron;
  }
}
