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
          case "mgu" -> new Mgu(in, hidden, dtype);
          case "minimal" -> new Minimal(in, hidden, dtype);
          case "minigru" -> new MiniGru(in, hidden, dtype);
          case "minilstm" -> new MiniLstm(in, hidden, dtype);
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

  private abstract static class Cell extends Layer {
    final int hidden;
    final DType dtype;
    final State h;

    Cell(int hidden, DType dtype) {
      this.hidden = hidden;
      this.dtype = dtype;
      this.h = hidden(() -> HostTensor.full(TensorType.of(dtype, hidden), 0));
    }

    Linear linear(int from) {
      return new Linear(from, hidden, Key.of(0), dtype);
    }

    static Tensor join(Tensor a, Tensor b) {
      return Tensor.concat(-1, a, b);
    }

    Tensor keep(Tensor next) {
      h.set(next);
      return next;
    }
  }

  // f = σ(Wf[x,h]), h = (1-f) h + f tanh(Wh[x, f h])
  private static final class Mgu extends Cell {
    private final Linear Wf;
    private final Linear Wh;

    Mgu(int in, int hidden, DType dtype) {
      super(hidden, dtype);
      Wf = linear(in + hidden);
      Wh = linear(in + hidden);
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor old = h.value();
      Tensor f = Wf.update(join(x, old)).sigmoid();
      Tensor n = Wh.update(join(x, f.mul(old))).tanh();
      return keep(f.like(1).sub(f).mul(old).add(f.mul(n)));
    }
  }

  // z = phi x, u = σ(W_u[z,h]), h = u h + (1-u) z
  private static final class Minimal extends Cell {
    private final Linear phi;
    private final Linear W_u;

    Minimal(int in, int hidden, DType dtype) {
      super(hidden, dtype);
      phi = linear(in);
      W_u = linear(2 * hidden);
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor z = phi.update(x);
      Tensor u = W_u.update(join(z, h.value())).sigmoid();
      return keep(u.mul(h.value()).add(u.like(1).sub(u).mul(z)));
    }
  }

  // z = σ(W_z[x,h]), h = (1-z) h + z W_x x
  private static final class MiniGru extends Cell {
    private final Linear W_z;
    private final Linear W_x;

    MiniGru(int in, int hidden, DType dtype) {
      super(hidden, dtype);
      W_z = linear(in + hidden);
      W_x = linear(in);
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor z = W_z.update(join(x, h.value())).sigmoid();
      return keep(z.like(1).sub(z).mul(h.value()).add(z.mul(W_x.update(x))));
    }
  }

  // h = σ(W_f[x,h]) h + σ(W_i[x,h]) W_x x
  private static final class MiniLstm extends Cell {
    private final Linear W_f;
    private final Linear W_i;
    private final Linear W_x;

    MiniLstm(int in, int hidden, DType dtype) {
      super(hidden, dtype);
      W_f = linear(in + hidden);
      W_i = linear(in + hidden);
      W_x = linear(in);
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor xh = join(x, h.value());
      Tensor kept = W_f.update(xh).sigmoid().mul(h.value());
      return keep(kept.add(W_i.update(xh).sigmoid().mul(W_x.update(x))));
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
