package dev.engram.tests.online;

import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.nn.CfnCell;
import dev.engram.nn.GruCell;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.LruCell;
import dev.engram.nn.LstmCell;
import dev.engram.nn.MguCell;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.MinLstmCell;
import dev.engram.nn.MiniGruCell;
import dev.engram.nn.MiniLstmCell;
import dev.engram.nn.MinimalRnnCell;
import dev.engram.nn.RnnCell;
import dev.engram.nn.Sequential;
import dev.engram.nn.UrLstmCell;
import java.util.Set;
import java.util.stream.Stream;

/** Each recurrent cell with a linear readout of another width, and two stacked cells. */
final class RecurrentJobs {
  private static final int IN = 3;
  private static final int HIDDEN = 4;
  private static final int OUT = 2;

  private RecurrentJobs() {}

  private static Job job(String name, Fn1<RandomKey, Layer> cell) {
    return job(name, HIDDEN, cell);
  }

  private static Job job(String name, int width, Fn1<RandomKey, Layer> cell) {
    return Job.of(
        name,
        IN,
        OUT,
        () ->
            new Sequential(
                cell.apply(RandomKey.of(11)), new Linear(width, OUT, RandomKey.of(12), DType.F64)));
  }

  static Stream<Job> all() {
    return Stream.concat(mixing(), diagonal());
  }

  /** Cells whose positions see each other through recurrent weights. */
  static Stream<Job> mixing() {
    return Stream.of(
        job("rnn", k -> new RnnCell(IN, HIDDEN, k, DType.F64)),
        job("gru", k -> new GruCell(IN, HIDDEN, k, DType.F64)),
        job("mgu", k -> new MguCell(IN, HIDDEN, k, DType.F64)),
        job("lstm", k -> new LstmCell(IN, HIDDEN, k, DType.F64)),
        job("urlstm", k -> new UrLstmCell(IN, HIDDEN, k, DType.F64)),
        job("minimal rnn", k -> new MinimalRnnCell(IN, HIDDEN, k, DType.F64)),
        job("gru with a candidate of the input", k -> new MiniGruCell(IN, HIDDEN, k, DType.F64)),
        job("lstm of one state", k -> new MiniLstmCell(IN, HIDDEN, k, DType.F64)),
        job("cfn", k -> new CfnCell(IN, HIDDEN, k, DType.F64)),
        job(
            "two layers",
            k ->
                new Sequential(
                    new RnnCell(IN, 3, k, DType.F64),
                    new GruCell(3, HIDDEN, RandomKey.of(14), DType.F64))));
  }

  /** Cells in which each position feeds back only to itself. */
  static Stream<Job> diagonal() {
    return Stream.of(
        job("minGRU", k -> new MinGruCell(IN, HIDDEN, k, DType.F64)),
        job("minLSTM", k -> new MinLstmCell(IN, HIDDEN, k, DType.F64)),
        job("lru", IN, k -> new LruCell(IN, HIDDEN, k, DType.F64, 0.4, 0.9, 3)),
        job("leaky readout", k -> new LeakyReadout(IN, HIDDEN, 3, 1, k, DType.F64)));
  }

  /** Returns the weights with a path to a hidden state that crosses another weight's site. */
  static Set<String> indirect(String name) {
    return switch (name) {
      case "gru" -> Set.of("layers.0.Wr.bias", "layers.0.Wr.weight");
      // The gate also reaches the state through the candidate's weights.
      case "mgu" -> Set.of("layers.0.Wf.bias", "layers.0.Wf.weight");
      // And the new input also through the gate's.
      case "minimal rnn" -> Set.of("layers.0.phi.bias", "layers.0.phi.weight");
      // The first layer's influence on the second's memory has no trace.
      case "two layers" ->
          Set.of(
              "layers.0.layers.0.W.bias",
              "layers.0.layers.0.W.weight",
              "layers.0.layers.1.Wr.bias",
              "layers.0.layers.1.Wr.weight");
      default -> Set.of();
    };
  }

  static Job named(String name) {
    return all().filter(j -> j.name().equals(name)).findFirst().orElseThrow();
  }
}
