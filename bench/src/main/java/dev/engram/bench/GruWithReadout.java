package dev.engram.bench;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import java.util.List;

/** A GRU with a linear readout. */
final class GruWithReadout extends Layer {
  private final GruCell rnn;
  private final Linear readout;

  GruWithReadout(TaskSizes sizes) {
    List<RandomKey> keys = RandomKey.of(sizes.seed()).split(2);
    rnn = new GruCell(TaskSizes.SYMBOLS, sizes.hidden(), keys.getFirst());
    readout = new Linear(sizes.hidden(), TaskSizes.SYMBOLS, keys.getLast());
  }

  /**
   * {@inheritDoc}
   *
   * @param x a one-hot symbol, {@code [10]}
   * @return logits, {@code [10]}
   */
  @Override
  public Tensor update(Tensor x) {
    return readout.update(rnn.update(x));
  }
}
