package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import java.util.ArrayList;
import java.util.List;

/** Stacked GRU cells with a linear readout. */
public final class CopyingNet extends Layer {
  private final Sequential rnn;
  private final Linear readout;

  public CopyingNet(int hidden, int layers, long seed) {
    List<RandomKey> keys = RandomKey.of(seed).split(layers + 1);
    List<Layer> cells = new ArrayList<>();
    int in = CopyingProblem.SYMBOLS;
    for (int i = 0; i < layers; i++) {
      cells.add(new GruCell(in, hidden, keys.get(i)));
      in = hidden;
    }
    rnn = new Sequential(cells);
    readout = new Linear(in, CopyingProblem.SYMBOLS, keys.getLast());
  }

  /**
   * {@inheritDoc}
   *
   * @param x one-hot symbols, {@code [10]}
   * @return logits, {@code [10]}
   */
  @Override
  public Tensor update(Tensor x) {
    return readout.update(rnn.update(x));
  }
}
