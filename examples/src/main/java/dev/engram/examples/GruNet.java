package dev.engram.examples;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import java.util.ArrayList;
import java.util.List;

/**
 * Stacked GRU layers with a linear readout. It contains nothing about learning: states are found in
 * the fields, whose names form paths such as {@code rnn.layers.0.Wz.weight}.
 */
final class GruNet extends Layer {
  private final Sequential rnn;
  private final Linear readout;

  GruNet(int in, int hidden, int out, int layers, RandomKey key) {
    List<RandomKey> keys = key.split(layers + 1);
    List<Layer> cells = new ArrayList<>();
    int width = in;
    for (int i = 0; i < layers; i++) {
      cells.add(new GruCell(width, hidden, keys.get(i)));
      width = hidden;
    }
    rnn = new Sequential(cells);
    readout = new Linear(width, out, keys.getLast());
  }

  /**
   * {@inheritDoc}
   *
   * @param x one example's input at one step, {@code [in]}
   * @return {@code [out]}
   */
  @Override
  public Tensor update(Tensor x) {
    return readout.update(rnn.update(x));
  }
}
