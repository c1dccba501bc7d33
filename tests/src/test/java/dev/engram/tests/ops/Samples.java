package dev.engram.tests.ops;

import dev.engram.ir.text.OpTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All samples and invalid inputs, by op. */
final class Samples {
  private Samples() {}

  /** Samples of every op that the parser knows, in its order. */
  static Map<String, List<Sample>> ofOps() {
    Map<String, List<Sample>> out = new LinkedHashMap<>();
    OpTable.standard().mnemonics().forEach(m -> out.put(m, new ArrayList<>()));
    Stream.of(FamilySamples.all(), ControlSamples.all(), RowSamples.all())
        .flatMap(s -> s)
        .forEach(s -> out.computeIfAbsent(s.op(), _ -> new ArrayList<>()).add(s));
    return out;
  }

  static Map<String, List<ErrorInput>> errors() {
    Map<String, List<ErrorInput>> out = new LinkedHashMap<>();
    OpTable.standard().mnemonics().forEach(m -> out.put(m, new ArrayList<>()));
    Stream.of(
            FamilySamples.errors(),
            FamilySamples.reduceErrors(),
            ControlSamples.errors(),
            RowSamples.errors())
        .flatMap(s -> s)
        .forEach(e -> out.computeIfAbsent(e.op().mnemonic(), _ -> new ArrayList<>()).add(e));
    return out;
  }
}
