package dev.engram.tests.device;

import dev.engram.Layer;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;

/** A GRU with a readout. */
final class Net extends Layer {
  private final GruCell rnn;
  private final Linear readout;

  Net(GruCell rnn, Linear readout) {
    this.rnn = rnn;
    this.readout = readout;
  }

  @Override
  public Tensor update(Tensor x) {
    return readout.update(rnn.update(x));
  }
}
