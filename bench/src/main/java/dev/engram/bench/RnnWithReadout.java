package dev.engram.bench;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.RecurrentSpikes;
import java.util.List;

/** A recurrent layer with a readout. */
final class RnnWithReadout extends Layer {
  /** Time constant of the membranes of {@link #lif}, in steps. */
  private static final double MEMBRANE = 20;

  /** Time constant of the readout of {@link #lif}, in steps. */
  private static final double READOUT = 10;

  private static final double SPREAD = 0.05;

  private final Layer rnn;
  private final Layer readout;

  private RnnWithReadout(Layer rnn, Layer readout) {
    this.rnn = rnn;
    this.readout = readout;
  }

  /** A GRU with a linear readout, of one-hot symbols. */
  static RnnWithReadout gru(TaskSizes sizes) {
    List<RandomKey> keys = keys(sizes);
    return new RnnWithReadout(
        new GruCell(TaskSizes.SYMBOLS, sizes.hidden(), keys.getFirst()), linear(sizes, keys));
  }

  /** An LSTM with a linear readout, of one-hot symbols. */
  static RnnWithReadout lstm(TaskSizes sizes) {
    List<RandomKey> keys = keys(sizes);
    return new RnnWithReadout(
        new LstmCell(TaskSizes.SYMBOLS, sizes.hidden(), keys.getFirst()), linear(sizes, keys));
  }

  /** Recurrent spiking neurons with a leaky readout. */
  static RnnWithReadout lif(int inputs, TaskSizes sizes) {
    List<RandomKey> keys = keys(sizes);
    int hidden = sizes.hidden();
    return new RnnWithReadout(
        new RecurrentSpikes(
            inputs,
            new LifNeuron(hidden, Membrane.of(MEMBRANE)),
            keys.getFirst(),
            Initializer.normal(SPREAD)),
        new LeakyReadout(hidden, TaskSizes.SYMBOLS, READOUT, 1, keys.getLast(), DType.F32));
  }

  /** What remains of the readout of {@link #lif} after a step. */
  static double leak() {
    return Math.exp(-1 / READOUT);
  }

  private static List<RandomKey> keys(TaskSizes sizes) {
    return RandomKey.of(sizes.seed()).split(2);
  }

  private static Linear linear(TaskSizes sizes, List<RandomKey> keys) {
    return new Linear(sizes.hidden(), TaskSizes.SYMBOLS, keys.getLast());
  }

  /**
   * {@inheritDoc}
   *
   * @param x the inputs of a step of one example
   * @return logits, {@code [10]}
   */
  @Override
  public Tensor update(Tensor x) {
    return readout.update(rnn.update(x));
  }
}
