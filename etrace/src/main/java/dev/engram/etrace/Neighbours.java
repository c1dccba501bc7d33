package dev.engram.etrace;

import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Which positions of a hidden group each position reaches in one step. */
final class Neighbours {
  private Neighbours() {}

  static List<BitSet> of(SiteMap map, HiddenGroup group) {
    int n = Math.toIntExact(map.step.state(group.states().getFirst()).type().size());
    boolean mixed = map.analysis.mixesPositions(group);
    return IntStream.range(0, n)
        .mapToObj(
            i -> {
              BitSet b = new BitSet();
              if (mixed) {
                b.set(0, n);
              } else {
                b.set(i);
              }
              return b;
            })
        .toList();
  }
}
