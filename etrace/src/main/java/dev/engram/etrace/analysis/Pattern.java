package dev.engram.etrace.analysis;

import dev.engram.etrace.HiddenGroup;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The positions of a hidden group that an influence can reach within a number of steps.
 *
 * @param kept for each position, the positions reached
 * @param closed true when more steps would reach no more
 */
public record Pattern(List<BitSet> kept, boolean closed) {

  /** Returns the pattern within {@code n} steps, the first being the weight's own. */
  public static Pattern within(SiteMap map, HiddenGroup group, int n) {
    List<BitSet> next = map.neighbours(group);
    List<BitSet> now = own(next.size());
    for (int i = 1; i < n; i++) {
      List<BitSet> more = further(now, next);
      if (more.equals(now)) {
        return new Pattern(now, true);
      }
      now = more;
    }
    return new Pattern(now, further(now, next).equals(now));
  }

  private static List<BitSet> further(List<BitSet> now, List<BitSet> next) {
    return now.stream().map(from -> after(from, next)).toList();
  }

  private static List<BitSet> own(int positions) {
    return IntStream.range(0, positions)
        .mapToObj(
            i -> {
              BitSet b = new BitSet();
              b.set(i);
              return b;
            })
        .toList();
  }

  private static BitSet after(BitSet from, List<BitSet> next) {
    BitSet all = (BitSet) from.clone();
    from.stream().forEach(i -> all.or(next.get(i)));
    return all;
  }

  public int positions() {
    return kept.size();
  }

  /** Returns the greatest number of positions kept for one; 0 if there are no positions. */
  public int most() {
    return kept.stream().mapToInt(BitSet::cardinality).max().orElse(0);
  }

  public boolean isOwnPositions() {
    return most() <= 1;
  }

  boolean isAll() {
    return kept.stream().allMatch(b -> b.cardinality() == kept.size());
  }

  /** Returns 1 where the row's influence is kept for the column, else 0; empty if all are kept. */
  public Optional<HostTensor> mask(DType dtype) {
    if (isAll()) {
      return Optional.empty();
    }
    int n = kept.size();
    float[] ones = new float[n * n];
    for (int i = 0; i < n; i++) {
      int row = i * n;
      kept.get(i).stream().forEach(j -> ones[row + j] = 1);
    }
    return Optional.of((HostTensor) HostTensor.of(ones, n, n).cast(dtype));
  }
}
