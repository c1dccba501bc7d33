package dev.engram.bench;

import dev.engram.Layer;
import dev.engram.etrace.Factorization;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.online.EProp;
import dev.engram.online.Learner;
import dev.engram.online.PpProp;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A net, what it learns, and the rule by which it does. */
enum OnlineNet {
  /** An LSTM that copies symbols, by pp-prop. */
  LSTM("lstm"),
  /** Recurrent spiking neurons that tell which group of inputs fires more often, by e-prop. */
  LIF("lif");

  /** A batch: inputs {@code f32[T, B, n]}, and labels {@code i32[10, B]} of the last steps. */
  record Batch(HostTensor x, HostTensor labels) {}

  private static final Factorization.InputOutput DECAY = Factorization.InputOutput.decay(0.9);

  /** Of {@link #LIF}: traces of 64 examples would be 72 MB, and an iteration take seconds. */
  private static final int BATCH = 8;

  private static final int STEPS = 500;
  private static final int GROUP = 4;
  private static final double ACTIVE = 0.4;
  private static final double SILENT = 0.05;

  private final String word;

  OnlineNet(String word) {
    this.word = word;
  }

  /** The name in options. */
  String word() {
    return word;
  }

  /** The name in tables. */
  String title(TaskSizes sizes) {
    return switch (this) {
      case LSTM -> "LSTM %d, pp-prop".formatted(sizes.hidden());
      case LIF ->
          "LIF %d, e-prop, T = %d, batch %d"
              .formatted(sizes.hidden(), sizes.steps(), sizes.batch());
    };
  }

  /**
   * Returns the net with this {@link #word}.
   *
   * @throws IllegalArgumentException when there is none
   */
  static OnlineNet of(String word) {
    return Options.named("net", word, List.of(values()), OnlineNet::word);
  }

  /** Returns the sizes of this net beside a GRU of such sizes. */
  TaskSizes sizes(TaskSizes gru) {
    return switch (this) {
      case LSTM -> gru;
      case LIF ->
          new TaskSizes(gru.lag(), BATCH, 4 * gru.hidden(), gru.rate(), gru.seed())
              .withSteps(STEPS);
    };
  }

  /**
   * Returns sizes for which a peer's losses are the same. Where sums in another order move a
   * potential across the threshold, what follows is another sequence of spikes; with so few steps
   * and neurons that is unlikely.
   */
  TaskSizes checked(TaskSizes gru) {
    return switch (this) {
      case LSTM -> gru;
      case LIF -> gru.withBatch(BATCH / 4).withSteps(STEPS / 5);
    };
  }

  Layer model(TaskSizes sizes) {
    return switch (this) {
      case LSTM -> RnnWithReadout.lstm(sizes);
      case LIF -> RnnWithReadout.lif(TaskSizes.SYMBOLS * GROUP, sizes);
    };
  }

  Learner<Tensor, Tensor> learner(Layer model) {
    return switch (this) {
      case LSTM -> new PpProp<>(model, DECAY, _ -> {});
      case LIF -> new EProp<>(model, RnnWithReadout.leak(), _ -> {});
    };
  }

  /** Makes so many different batches. */
  Batch[] batches(TaskSizes sizes, int n) {
    Supplier<Batch> next =
        switch (this) {
          case LSTM -> {
            Symbols symbols = new Symbols(sizes, n);
            yield () -> copying(symbols.next());
          }
          case LIF -> {
            SplittableRandom random = new SplittableRandom(sizes.seed());
            yield () -> spikes(sizes, random);
          }
        };
    return Stream.generate(next).limit(n).toArray(Batch[]::new);
  }

  private static Batch copying(Tensor ids) {
    return new Batch(
        ids.oneHot(TaskSizes.SYMBOLS, DType.F32).host(), ids.slice(0, 0, TaskSizes.DIGITS).host());
  }

  private static Batch spikes(TaskSizes sizes, SplittableRandom random) {
    int batch = sizes.batch();
    int inputs = TaskSizes.SYMBOLS * GROUP;
    int[] label = random.ints(batch, 0, TaskSizes.SYMBOLS).toArray();
    HostTensor labels = HostTensor.allocate(TensorType.of(DType.I32, TaskSizes.DIGITS, batch));
    for (int i = 0; i < TaskSizes.DIGITS * batch; i++) {
      labels.setDouble(i, label[i % batch]);
    }
    HostTensor x = HostTensor.allocate(TensorType.of(DType.F32, sizes.steps(), batch, inputs));
    for (int i = 0; i < sizes.steps() * batch * inputs; i++) {
      boolean active = i % inputs / GROUP == label[i / inputs % batch];
      x.setDouble(i, random.nextDouble() < (active ? ACTIVE : SILENT) ? 1 : 0);
    }
    return new Batch(x, labels);
  }
}
