package dev.engram.tests.online;

import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.GruCell;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.LruCell;
import dev.engram.nn.LstmCell;
import dev.engram.nn.MguCell;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.MinLstmCell;
import dev.engram.nn.RnnCell;
import dev.engram.spiking.AlifNeuron;
import dev.engram.spiking.Constant;
import dev.engram.spiking.Delay;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.Surrogate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Layers of {@link #N} positions with different kinds of memory, or none. */
final class MemoryParts {
  static final int N = 4;
  private static final DType F64 = DType.F64;

  private MemoryParts() {}

  /** Makes a layer for inputs of a given width. */
  interface Part {
    Layer of(int in, RandomKey key);
  }

  static Linear linear(int in, int out, RandomKey key) {
    return new Linear(in, out, key, F64);
  }

  private static Tensor random(RandomKey key, int... dims) {
    return RandomTensors.normal(key, Shape.of(dims), F64).mul(0.6);
  }

  private static Tensor roll(Tensor t) {
    return Tensor.concat(0, t.slice(0, N - 1, N), t.slice(0, 0, N - 1));
  }

  /** A layer of hidden states and weights that is one function. */
  abstract static class Own extends Layer {
    final List<State> states = new ArrayList<>();
    final List<State> weights = new ArrayList<>();

    State state() {
      State s = hidden(() -> HostTensor.full(TensorType.of(F64, N), 0));
      states.add(s);
      return s;
    }

    State weight(RandomKey key, int... dims) {
      State w = parameter(random(key, dims));
      weights.add(w);
      return w;
    }
  }

  /** Computes the next h from h and weights w {@code [in, N]} and u {@code [N, N]}. */
  interface Next {
    Tensor of(Tensor h, Tensor w, Tensor u, Tensor x);
  }

  private static Part one(Next next) {
    return one(next, h -> h.sin());
  }

  private static Part one(Next next, Fn1<Tensor, Tensor> result) {
    return (in, key) ->
        new Own() {
          private final State h = state();
          private final State w = weight(key, in, N);
          private final State u = weight(key.foldIn(1), N, N);

          @Override
          public Tensor update(Tensor x) {
            Tensor fresh = next.of(h.value(), w.value(), u.value(), x);
            h.set(fresh);
            return result.apply(fresh);
          }
        };
  }

  /** Masks a weight so that each row keeps the columns given by {@code kept}. */
  private static Tensor masked(Tensor u, int[][] kept) {
    double[] ones = new double[N * N];
    for (int i = 0; i < N; i++) {
      for (int j : kept[i]) {
        ones[i * N + j] = 1;
      }
    }
    return u.mul(HostTensor.of(ones, N, N));
  }

  private static Part recurrent(int[]... kept) {
    return one((h, w, u, x) -> h.mul(0.7).add(x.matmul(w).add(h.matmul(masked(u, kept))).tanh()));
  }

  private static Part spiking(Fn1<Membrane, Neuron> neuron, boolean recurrent) {
    return (in, key) ->
        new Own() {
          private final Neuron cell =
              neuron.apply(
                  Membrane.of(4)
                      .withType(F64)
                      .withReset(Membrane.Reset.BY_THRESHOLD)
                      .withSurrogate(Surrogate.arctan(1)));
          private final Linear w = linear(recurrent ? in + N : in, N, key);

          @Override
          public Tensor update(Tensor x) {
            return cell.jump(w.update(recurrent ? Tensor.concat(0, x, cell.spikes()) : x));
          }
        };
  }

  private static Neuron alif(Membrane m) {
    return new AlifNeuron(N, m, Constant.of(20), Constant.of(0.2));
  }

  /** {@code h ← 0.8 h + tanh(linear(x))}, with a layer that can be shared. */
  static Layer leaky(Linear w, Tensor before) {
    return new Own() {
      private final State h = state();
      private final Linear shared = w;

      @Override
      public Tensor update(Tensor x) {
        Tensor fresh = h.value().mul(before).add(shared.update(x).tanh());
        h.set(fresh);
        return fresh.sin();
      }
    };
  }

  static Tensor decay() {
    return HostTensor.full(TensorType.of(F64, N), 0.8);
  }

  /** Layers that only learn from each step's own gradient. */
  static Map<String, Part> forward() {
    Map<String, Part> all = new LinkedHashMap<>();
    all.put("linear", (in, key) -> linear(in, N, key));
    all.put("detached", (in, key) -> map(linear(in, N, key), y -> y.tanh().stopGradient()));
    all.put("set and not kept", one((h, w, u, x) -> h.stopGradient().mul(0.5).add(x.matmul(w))));
    all.put("squashed", (in, key) -> map(linear(in, N, key), Tensor::tanh));
    return all;
  }

  static Layer map(Layer l, Fn1<Tensor, Tensor> f) {
    return new Layer() {
      private final Layer inner = l;

      @Override
      public Tensor update(Tensor x) {
        return f.apply(inner.update(x));
      }
    };
  }

  /** Layers in which each position feeds back only to itself. */
  static Map<String, Part> diagonal() {
    Map<String, Part> all = new LinkedHashMap<>();
    all.put("minGRU", (in, key) -> new MinGruCell(in, N, key, F64));
    all.put("minLSTM", (in, key) -> new MinLstmCell(in, N, key, F64));
    all.put(
        "LRU",
        (in, key) ->
            in == N ? new LruCell(N, N, key, F64, 0.4, 0.9, 3) : new MinGruCell(in, N, key, F64));
    all.put("leaky readout", (in, key) -> new LeakyReadout(in, N, 3, 1, key, F64));
    all.put("leaky", (in, key) -> leaky(linear(in, N, key), decay()));
    all.put("LIF", spiking(m -> new LifNeuron(N, m), false));
    all.put("ALIF", spiking(MemoryParts::alif, false));
    all.put(
        "own recurrence", recurrent(new int[] {0}, new int[] {1}, new int[] {2}, new int[] {3}));
    all.put(
        "relabelled drive", one((h, w, u, x) -> h.mul(0.8).add(roll(x.matmul(w)).mul(u.get(0)))));
    all.put(
        "untraced",
        one((h, w, u, x) -> h.mul(0.8).add(x.matmul(w.untraced()).add(u.get(0)).tanh())));
    return all;
  }

  /** Layers whose positions see each other, or with paths that traces do not follow. */
  static Map<String, Part> mixing() {
    Map<String, Part> all = new LinkedHashMap<>();
    all.put("RNN", (in, key) -> new RnnCell(in, N, key, F64));
    all.put("GRU", (in, key) -> new GruCell(in, N, key, F64));
    all.put("LSTM", (in, key) -> new LstmCell(in, N, key, F64));
    all.put("MGU", (in, key) -> new MguCell(in, N, key, F64));
    all.put("recurrent LIF", spiking(m -> new LifNeuron(N, m), true));
    all.put("recurrent ALIF", spiking(MemoryParts::alif, true));
    all.put(
        "pairs", recurrent(new int[] {0, 1}, new int[] {0, 1}, new int[] {2, 3}, new int[] {2}));
    all.put("chain", recurrent(new int[] {1}, new int[] {2}, new int[] {3}, new int[] {}));
    all.put("rolled", one((h, w, u, x) -> roll(h).mul(0.8).add(x.matmul(w).tanh())));
    all.put(
        "mean field",
        one((h, w, u, x) -> h.mul(0.8).add(x.matmul(w).sub(h.mean().broadcastTo(N)).tanh())));
    all.put(
        "second path",
        one(
            (h, w, u, x) -> {
              Tensor y = x.matmul(w);
              return h.mul(0.8).add(y.tanh()).add(y.sin().matmul(u));
            }));
    all.put("behind", one((h, w, u, x) -> h.mul(0.8).add(x.matmul(w).tanh().matmul(u))));
    all.put("old state", MemoryParts::oldState);
    all.put("coupled states", MemoryParts::coupledStates);
    all.put("shifted states", MemoryParts::shiftedStates);
    all.put("delayed", (in, key) -> delayed(in, key, false));
    all.put("delayed, detached", (in, key) -> delayed(in, key, true));
    all.put("running mean", MemoryParts::runningMean);
    all.put("kept weight", MemoryParts::keptWeight);
    return all;
  }

  /** Its output is the state before the step. */
  private static Layer oldState(int in, RandomKey key) {
    return new Own() {
      private final State h = state();
      private final State w = weight(key, in, N);

      @Override
      public Tensor update(Tensor x) {
        Tensor old = h.value();
        h.set(old.mul(0.8).add(x.matmul(w.value()).tanh()));
        return old.sin();
      }
    };
  }

  /** Two states of one group, the new one of which feeds the other through a weight. */
  private static Layer coupledStates(int in, RandomKey key) {
    return new Own() {
      private final State a = state();
      private final State b = state();
      private final State w = weight(key, in, N);
      private final State u = weight(key.foldIn(1), N, N);

      @Override
      public Tensor update(Tensor x) {
        Tensor old = a.value();
        Tensor fresh = old.mul(0.5).add(x.matmul(w.value()));
        a.set(fresh);
        b.set(b.value().mul(0.9).add(old.mul(0.1)).add(fresh.tanh().matmul(u.value())));
        return a.value().add(b.value()).sin();
      }
    };
  }

  /** A state that takes the previous value of another. */
  private static Layer shiftedStates(int in, RandomKey key) {
    return new Own() {
      private final State a = state();
      private final State b = state();
      private final State w = weight(key, in, N);

      @Override
      public Tensor update(Tensor x) {
        Tensor old = a.value();
        Tensor late = b.value().sin();
        b.set(old);
        a.set(x.matmul(w.value()).add(late));
        return a.value().sin();
      }
    };
  }

  /** A state that keeps a function of a weight, which meets no data. */
  private static Layer keptWeight(int in, RandomKey key) {
    return new Own() {
      private final State a = state();
      private final State b = state();
      private final State w = weight(key, in, N);
      private final State u = weight(key.foldIn(1), N);

      @Override
      public Tensor update(Tensor x) {
        a.set(a.value().mul(0.5).add(x.matmul(w.value())).add(b.value()));
        b.set(u.value().sin());
        return a.value().sin();
      }
    };
  }

  private static Layer delayed(int in, RandomKey key, boolean detached) {
    return new Own() {
      private final Layer cell = new MinGruCell(in, N, key, F64);
      private final Delay delay = new Delay(N, 2, F64, Delay.Traces.NONE);

      @Override
      public Tensor update(Tensor x) {
        Tensor h = cell.update(x);
        return h.sub(delay.update(detached ? h.stopGradient() : h));
      }
    };
  }

  /** A mean in a state that is not hidden, through another such state. */
  private static Layer runningMean(int in, RandomKey key) {
    return new Own() {
      private final Layer cell = new MinGruCell(in, N, key, F64);
      private final State mean = kept();
      private final State late = kept();

      private State kept() {
        return State.of(State.Kind.OTHER, () -> HostTensor.full(TensorType.of(F64, N), 0));
      }

      @Override
      public Tensor update(Tensor x) {
        Tensor h = cell.update(x);
        Tensor before = mean.value();
        Tensor was = late.value();
        mean.set(before.mul(0.7).add(h.mul(0.3)));
        late.set(before.sin());
        return h.sub(was);
      }
    };
  }
}
