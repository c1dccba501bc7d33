package dev.engram.bench;

import dev.engram.Layer;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.Optimizer;
import dev.engram.optim.Sgd;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A net that learns from each step of a stream as it comes: its rule, its optimizer, its inputs.
 */
enum StreamedNet {
  SGD("sgd", "GRU, D-RTRL, SGD"),
  ADAM("adam", "GRU, D-RTRL, Adam"),
  LSTM("lstm", "LSTM, pp-prop, SGD"),
  LIF("lif", "LIF, e-prop, SGD");

  /** Of spiking neurons: so many, of which so many are active in a step, that some neurons fire. */
  private static final int SPIKE_TRAINS = 40;

  private static final double ACTIVE = 0.5;

  private final String word;
  private final String title;

  StreamedNet(String word, String title) {
    this.word = word;
    this.title = title;
  }

  /** The name in options. */
  String word() {
    return word;
  }

  /** The name in tables. */
  String title() {
    return title;
  }

  /**
   * Returns the net with this {@link #word}.
   *
   * @throws IllegalArgumentException when there is none
   */
  static StreamedNet of(String word) {
    return Options.named("net", word, List.of(values()), StreamedNet::word);
  }

  Layer model(TaskSizes sizes) {
    return switch (this) {
      case SGD, ADAM -> RnnWithReadout.gru(sizes);
      case LSTM -> RnnWithReadout.lstm(sizes);
      case LIF -> RnnWithReadout.lif(SPIKE_TRAINS, sizes);
    };
  }

  Learner<Tensor, Tensor> learner(Layer model) {
    return switch (this) {
      case SGD, ADAM -> new DRtrl<>(model, _ -> {});
      case LSTM -> OnlineNet.LSTM.learner(model);
      case LIF -> OnlineNet.LIF.learner(model);
    };
  }

  Optimizer optimizer(double rate) {
    return switch (this) {
      case ADAM -> new Adam(rate);
      case SGD, LSTM, LIF -> new Sgd(rate);
    };
  }

  /** For so many steps a peer's losses are the same: see {@link OnlineNet#checked}. */
  int checked() {
    return this == LIF ? 50 : 200;
  }

  /** The inputs of a step, all the same. */
  HostTensor input(TaskSizes sizes) {
    return HostTensor.full(TensorType.of(DType.F32, sizes.batch(), inputs()), 1);
  }

  private int inputs() {
    return this == LIF ? SPIKE_TRAINS : TaskSizes.SYMBOLS;
  }

  /** Inputs {@code f32[steps, B, n]}: one-hot symbols, or spikes. */
  HostTensor inputs(TaskSizes sizes, int steps, SplittableRandom random) {
    int n = inputs();
    HostTensor x = HostTensor.allocate(TensorType.of(DType.F32, steps, sizes.batch(), n));
    for (long row = 0; row < (long) steps * sizes.batch(); row++) {
      if (this == LIF) {
        for (int i = 0; i < n; i++) {
          x.setDouble(row * n + i, random.nextDouble() < ACTIVE ? 1 : 0);
        }
      } else {
        x.setDouble(row * n + random.nextInt(n), 1);
      }
    }
    return x;
  }
}
