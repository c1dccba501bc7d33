package dev.engram.etrace.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ColumnColorsTest {
  private static List<BitSet> pattern(int n, BiPredicate<Integer, Integer> reaches) {
    return IntStream.range(0, n)
        .mapToObj(
            i -> {
              BitSet to = new BitSet();
              IntStream.range(0, n).filter(j -> reaches.test(i, j)).forEach(to::set);
              return to;
            })
        .toList();
  }

  private static BiPredicate<Integer, Integer> within(int distance) {
    return (i, j) -> Math.abs(i - j) <= distance;
  }

  @Test
  void aBandNeedsAsManyColorsAsItIsWide() {
    assertEquals(1, ColumnColors.ofAll(pattern(50, within(0))).count());
    assertEquals(1, ColumnColors.ofDiagonal(pattern(50, within(0))).count());
    assertEquals(3, ColumnColors.ofAll(pattern(50, within(1))).count());
    assertEquals(2, ColumnColors.ofDiagonal(pattern(50, within(1))).count());
    assertEquals(5, ColumnColors.ofAll(pattern(50, within(2))).count());
  }

  @Test
  void aDensePatternHasAColorForEachPosition() {
    for (List<BitSet> next : List.of(pattern(9, (_, _) -> true), pattern(9, (i, j) -> i <= j))) {
      ColumnColors all = ColumnColors.ofAll(next);
      assertEquals(9, all.count());
      assertEquals(9, ColumnColors.ofDiagonal(next).count());
    }
    assertTrue(ColumnColors.ofAll(pattern(9, (_, _) -> true)).isIdentity());
    assertFalse(ColumnColors.ofAll(pattern(9, within(1))).isIdentity());
  }

  @Test
  void nothingReachesNothing() {
    ColumnColors none = ColumnColors.ofAll(pattern(4, (_, _) -> false));
    assertEquals(1, none.count());
    assertEquals(none.nothing(), none.at(1, 2));
    assertEquals(0, ColumnColors.ofAll(List.of()).count());
  }

  /** Sums of the columns of each color, as directional derivatives are, have all elements. */
  @Test
  void everyElementCanBeReadFromTheSumsOfColumns() {
    SplittableRandom random = new SplittableRandom(5);
    for (int trial = 0; trial < 200; trial++) {
      int n = random.nextInt(1, 30);
      double share = random.nextDouble() * 0.3;
      double[][] j = new double[n][n]; // [from][to]
      List<BitSet> next = pattern(n, (_, _) -> random.nextDouble() < share);
      for (int from = 0; from < n; from++) {
        double[] row = j[from];
        next.get(from).stream().forEach(to -> row[to] = random.nextDouble());
      }
      ColumnColors all = ColumnColors.ofAll(next);
      double[] sums = sums(all, j);
      for (int from = 0; from < n; from++) {
        for (int to = 0; to < n; to++) {
          assertEquals(j[from][to], sums[all.at(from, to)]);
        }
      }
      ColumnColors diagonal = ColumnColors.ofDiagonal(next);
      double[] own = sums(diagonal, j);
      for (int i = 0; i < n; i++) {
        assertEquals(j[i][i], own[diagonal.colors().get(i) * n + i]);
      }
    }
  }

  // With the 0 behind the last one.
  private static double[] sums(ColumnColors colors, double[][] j) {
    int n = j.length;
    double[] sums = new double[colors.nothing() + 1];
    for (int from = 0; from < n; from++) {
      for (int to = 0; to < n; to++) {
        sums[colors.colors().get(from) * n + to] += j[from][to];
      }
    }
    return sums;
  }
}
