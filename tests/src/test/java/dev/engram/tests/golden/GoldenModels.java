package dev.engram.tests.golden;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Key;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.MguCell;
import dev.engram.nn.MiniGruCell;
import dev.engram.nn.MiniLstmCell;
import dev.engram.nn.MinimalRnnCell;
import dev.engram.nn.RnnCell;
import dev.engram.nn.Sequential;

/** The models of the reference vectors, by the definitions in their README. */
final class GoldenModels {
  private GoldenModels() {}

  static Layer of(GoldenCase c, DType dtype) {
    int in = c.size("n_in");
    int hidden = c.size("n_hidden");
    Key key = Key.of(0);
    Layer cell =
        switch (c.model()) {
          case "vanilla" -> new RnnCell(in, hidden, key, dtype);
          case "gru" -> new GruCell(in, hidden, key, dtype);
          case "lstm" -> new LstmCell(in, hidden, key, dtype);
          case "mgu" -> new MguCell(in, hidden, key, dtype);
          case "minimal" -> new MinimalRnnCell(in, hidden, key, dtype);
          case "minigru" -> new MiniGruCell(in, hidden, key, dtype);
          case "minilstm" -> new MiniLstmCell(in, hidden, key, dtype);
          case "lif" -> new Lif(in, hidden, dtype);
          case "alif" -> new Alif(in, hidden, dtype);
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

  // The step function, with derivative 0.3 max(0, 1 - |v|).
  private static final Fn1<Tensor, Tensor> SPIKE =
      Engram.customJvp(
          GoldenModels::step,
          (Tensor v, Tensor dv) ->
              new Pair<>(step(v), dv.mul(v.like(1).sub(v.abs()).relu().mul(0.3))));

  private static Tensor step(Tensor v) {
    return v.gt(0).cast(v.dtype());
  }

  private static Tensor spike(Tensor v) {
    return SPIKE.apply(v);
  }

  private static State zeros(int hidden, DType dtype) {
    return State.hidden(() -> HostTensor.full(TensorType.of(dtype, hidden), 0));
  }

  // s = spike(v-1), v = 0.9 v (1-stop(s)) + [x,s] w
  private static final class Lif extends Layer {
    private final State v;
    private final State w;

    Lif(int in, int hidden, DType dtype) {
      v = zeros(hidden, dtype);
      w = parameter(HostTensor.full(TensorType.of(dtype, in + hidden, hidden), 0));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor old = v.value();
      Tensor s = spike(old.sub(1));
      Tensor kept = old.mul(0.9).mul(s.like(1).sub(s.stopGradient()));
      Tensor next = kept.add(Tensor.concat(-1, x, s).matmul(w.value()));
      v.set(next);
      return spike(next.sub(1));
    }
  }

  // s = spike(v-1-0.2a), v = 0.9 v + [x,s] w - s, a = 0.95 a + s
  private static final class Alif extends Layer {
    private final State v;
    private final State a;
    private final State w;

    Alif(int in, int hidden, DType dtype) {
      v = zeros(hidden, dtype);
      a = zeros(hidden, dtype);
      w = parameter(HostTensor.full(TensorType.of(dtype, in + hidden, hidden), 0));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor s = fired();
      v.set(v.value().mul(0.9).add(Tensor.concat(-1, x, s).matmul(w.value())).sub(s));
      a.set(a.value().mul(0.95).add(s));
      return fired();
    }

    private Tensor fired() {
      return spike(v.value().sub(1).sub(a.value().mul(0.2)));
    }
  }
}
