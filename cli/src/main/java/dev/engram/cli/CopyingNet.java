package dev.engram.cli;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import java.util.ArrayList;
import java.util.List;

/** Stacked GRU cells with a linear readout. */
final class CopyingNet extends Layer {
  private final Sequential rnn;
  private final Linear readout;

  CopyingNet(TrainOptions options) {
    List<RandomKey> keys = RandomKey.of(options.seed()).split(options.layers() + 1);
    List<Layer> cells = new ArrayList<>();
    int in = CopyingProblem.SYMBOLS;
    for (int i = 0; i < options.layers(); i++) {
      cells.add(new GruCell(in, options.hidden(), keys.get(i)));
      in = options.hidden();
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
