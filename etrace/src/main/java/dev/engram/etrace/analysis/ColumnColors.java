package dev.engram.etrace.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A coloring of the columns of a sparse Jacobian: columns of one color share one directional
 * derivative, from which each wanted element can still be read.
 *
 * <p>Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices" (1974). The coloring
 * is greedy, columns with most conflicts first: Coleman and Moré, "Estimation of sparse Jacobian
 * matrices and graph coloring problems" (1983).
 *
 * @param next for each old position, the new positions that it reaches
 * @param colors the color of each old position, from 0
 * @param count the number of colors
 */
public record ColumnColors(List<BitSet> next, List<Integer> colors, int count) {

  /** Returns colors from which all elements can be read: no two columns of one share a row. */
  static ColumnColors ofAll(List<BitSet> next) {
    List<BitSet> reaching = transposed(next);
    return greedy(
        next,
        next.stream()
            .map(
                to -> {
                  BitSet all = new BitSet();
                  to.stream().forEach(s -> all.or(reaching.get(s)));
                  return all;
                })
            .toList());
  }

  /** Returns colors from which the diagonal can be read: no column of one reaches another's. */
  static ColumnColors ofDiagonal(List<BitSet> next) {
    List<BitSet> conflicts = transposed(next);
    IntStream.range(0, next.size()).forEach(r -> conflicts.get(r).or(next.get(r)));
    return greedy(next, conflicts);
  }

  private static List<BitSet> transposed(List<BitSet> next) {
    List<BitSet> out = next.stream().map(_ -> new BitSet()).toList();
    for (int r = 0; r < next.size(); r++) {
      int from = r;
      next.get(r).stream().forEach(s -> out.get(s).set(from));
    }
    return out;
  }

  private static ColumnColors greedy(List<BitSet> next, List<BitSet> conflicts) {
    Integer[] colors = new Integer[next.size()];
    Arrays.fill(colors, -1);
    int count = 0;
    List<Integer> order = new ArrayList<>(IntStream.range(0, colors.length).boxed().toList());
    order.sort(Comparator.comparing((Integer r) -> -conflicts.get(r).cardinality()));
    for (int r : order) {
      BitSet taken = new BitSet();
      conflicts.get(r).stream().map(o -> colors[o]).filter(c -> c >= 0).forEach(taken::set);
      colors[r] = taken.nextClearBit(0);
      count = Math.max(count, colors[r] + 1);
    }
    return new ColumnColors(next, List.of(colors), count);
  }

  public int positions() {
    return colors.size();
  }

  /** True when each position has a color of its own, its number. */
  public boolean isIdentity() {
    return IntStream.range(0, positions()).allMatch(r -> colors.get(r) == r);
  }

  /**
   * Returns where the derivative of the new position {@code to} by the old one {@code from} is
   * among {@code [count, positions]} directional derivatives, in row-major order; the index behind
   * the last of them for one that is always 0.
   */
  public int at(int from, int to) {
    return next.get(from).get(to) ? colors.get(from) * positions() + to : nothing();
  }

  /** Returns the index behind the last directional derivative, for elements that are always 0. */
  public int nothing() {
    return Math.multiplyExact(count, positions());
  }
}
