package dev.engram.tests.online;

import dev.engram.Fn1;
import dev.engram.Key;
import dev.engram.Layer;
import dev.engram.ir.DType;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.RnnCell;
import dev.engram.nn.Sequential;
import java.util.Set;
import java.util.stream.Stream;

/** Models whose recurrence mixes positions. */
final class RecurrentJobs {
  private static final int IN = 3;
  private static final int HIDDEN = 4;
  private static final int OUT = 2;

  private RecurrentJobs() {}

  private static Job job(String name, Fn1<Key, Layer> cell) {
    return Job.of(
        name,
        IN,
        OUT,
        () ->
            new Sequential(cell.apply(Key.of(11)), new Linear(HIDDEN, OUT, Key.of(12), DType.F64)));
  }

  static Stream<Job> all() {
    return Stream.of(
        job("rnn", k -> new RnnCell(IN, HIDDEN, k, DType.F64)),
        job("gru", k -> new GruCell(IN, HIDDEN, k, DType.F64)),
        job("lstm", k -> new LstmCell(IN, HIDDEN, k, DType.F64)),
        job(
            "two layers",
            k ->
                new Sequential(
                    new RnnCell(IN, 3, k, DType.F64),
                    new GruCell(3, HIDDEN, Key.of(14), DType.F64))));
  }

  /** The weights with a path to a hidden state that crosses another weight's site. */
  static Set<String> indirect(String name) {
    return switch (name) {
      case "gru" -> Set.of("layers.0.Wr.bias", "layers.0.Wr.weight");
      // What the first layer does to the second's memory has no trace.
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
