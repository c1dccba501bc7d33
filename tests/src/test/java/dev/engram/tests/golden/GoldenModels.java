package dev.engram.tests.golden;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Initializer;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.MguCell;
import dev.engram.nn.MiniGruCell;
import dev.engram.nn.MiniLstmCell;
import dev.engram.nn.MinimalRnnCell;
import dev.engram.nn.RnnCell;
import dev.engram.nn.Sequential;
import dev.engram.spiking.AlifNeuron;
import dev.engram.spiking.Constant;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.RecurrentSpikes;

/** The models of the reference vectors, as defined in their README. */
final class GoldenModels {
  private GoldenModels() {}

  static Layer of(GoldenCase c, DType dtype) {
    int in = c.size("n_in");
    int hidden = c.size("n_hidden");
    RandomKey key = RandomKey.of(0);
    Layer cell =
        switch (c.model()) {
          case "vanilla" -> new RnnCell(in, hidden, key, dtype);
          case "gru" -> new GruCell(in, hidden, key, dtype);
          case "lstm" -> new LstmCell(in, hidden, key, dtype);
          case "mgu" -> new MguCell(in, hidden, key, dtype);
          case "minimal" -> new MinimalRnnCell(in, hidden, key, dtype);
          case "minigru" -> new MiniGruCell(in, hidden, key, dtype);
          case "minilstm" -> new MiniLstmCell(in, hidden, key, dtype);
          case "lif" -> lif(in, hidden, dtype);
          case "alif" -> alif(in, hidden, dtype);
          default -> throw new AssertionError("unknown model " + c.model());
        };
    Net net = new Net(cell, new Linear(hidden, c.size("n_out"), key, dtype));
    for (String leaf : c.names("params.")) {
      net.states().get(GoldenCase.ourPath(leaf)).set(c.tensor("params." + leaf, dtype));
    }
    return net;
  }

  static final class Net extends Layer {
    private final Sequential rnn;
    private final Linear readout;

    Net(Layer cell, Linear readout) {
      this.rnn = new Sequential(cell);
      this.readout = readout;
    }

    @Override
    public Tensor update(Tensor x) {
      return readout.update(rnn.update(x));
    }
  }

  // s = spike(v-1), v = 0.9 v (1-stop(s)) + [x,s] w; the surrogate is the membrane's own
  private static Layer lif(int in, int hidden, DType dtype) {
    return recurrent(in, new LifNeuron(hidden, membrane(dtype)));
  }

  // s = spike(v-1-0.2a), v = 0.9 v + [x,s] w - s, a = 0.95 a + s
  private static Layer alif(int in, int hidden, DType dtype) {
    Membrane m = membrane(dtype).withReset(Membrane.Reset.BY_THRESHOLD);
    return recurrent(in, new AlifNeuron(hidden, m, decaying(0.95), Constant.of(0.2)));
  }

  private static Membrane membrane(DType dtype) {
    return Membrane.of(1).withTau(decaying(0.9)).withType(dtype);
  }

  private static Constant decaying(double factor) {
    return Constant.of(-1 / Math.log(factor));
  }

  private static Layer recurrent(int in, Neuron neuron) {
    return new RecurrentSpikes(in, neuron, RandomKey.of(0), Initializer.zeros());
  }
}
