package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.Moves;
import dev.engram.nn.Initializer;
import java.util.Optional;

/**
 * Recurrently connected neurons: each receives the input x and the spikes s of all neurons at the
 * end of the last step through one weight matrix, {@code [x, s] w}, and a synapse if there is one.
 * States: {@code w [in+size, size]} and those of the neurons and the synapse.
 */
public final class RecurrentSpikes extends Layer {
  private final Neuron neuron;
  private final Optional<Synapse> synapse;
  private final SynapticInput input;
  private final State w;

  /** With delta synapses. */
  public RecurrentSpikes(int in, Neuron neuron, RandomKey key, Initializer weight) {
    this(in, neuron, new SynapticInput.Delta(), key, weight);
  }

  /** Without a time course: what arrives acts in the same step alone. */
  public RecurrentSpikes(
      int in, Neuron neuron, SynapticInput input, RandomKey key, Initializer weight) {
    this(in, neuron, Optional.empty(), input, key, weight);
  }

  /**
   * @param synapse of as many elements as there are neurons
   */
  public RecurrentSpikes(
      int in,
      Neuron neuron,
      Synapse synapse,
      SynapticInput input,
      RandomKey key,
      Initializer weight) {
    this(
        in,
        neuron,
        Optional.of(Given.given("RecurrentSpikes", "synapse", synapse)),
        input,
        key,
        weight);
  }

  private RecurrentSpikes(
      int in,
      Neuron neuron,
      Optional<Synapse> synapse,
      SynapticInput input,
      RandomKey key,
      Initializer weight) {
    Ranges.atLeastOne("RecurrentSpikes", "in", in);
    Given.given("RecurrentSpikes", "neuron", neuron);
    Given.given("RecurrentSpikes", "input", input);
    Given.given("RecurrentSpikes", "key", key);
    Given.given("RecurrentSpikes", "weight", weight);
    int size = neuron.size();
    synapse
        .filter(s -> s.size() != size)
        .ifPresent(
            s -> {
              throw new TypeException(
                  "RecurrentSpikes: the synapse has %d elements, expected %d, one for each neuron (%s)"
                      .formatted(s.size(), size, SourceLocation.here()));
            });
    this.neuron = neuron;
    this.synapse = synapse;
    this.input = input;
    int all = Moves.length("RecurrentSpikes", "the axis of input and spikes", (long) in + size);
    this.w = parameter(weight.make(key, Shape.of(all, size), neuron.dtype()));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("RecurrentSpikes.update", "x", x);
    Tensor arriving = Tensor.concat(-1, x, neuron.spikes()).matmul(w.value());
    return input.step(neuron, synapse.map(s -> s.update(arriving)).orElse(arriving));
  }

  /** Returns the neurons, for their potential and spikes. */
  public Neuron neuron() {
    return neuron;
  }
}
