package dev.engram.testkit;

import java.util.List;

/** A line diff of two texts. */
final class LineDiff {
  private LineDiff() {}

  /** {@code -} before lines only in {@code was}, {@code +} before lines only in {@code is}. */
  static String of(String was, String is) {
    List<String> a = was.lines().toList();
    List<String> b = is.lines().toList();
    int[][] common = commonAfter(a, b);
    StringBuilder out = new StringBuilder();
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      if (i < a.size() && j < b.size() && a.get(i).equals(b.get(j))) {
        i++;
        j++;
      } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
        out.append(String.format("%4d - %s%n", i + 1, a.get(i++)));
      } else {
        out.append(String.format("%4d + %s%n", j + 1, b.get(j++)));
      }
    }
    return out.toString();
  }

  /** The length of the longest common subsequence of a[i…] and b[j…]. */
  private static int[][] commonAfter(List<String> a, List<String> b) {
    int[][] n = new int[a.size() + 1][b.size() + 1];
    for (int i = a.size() - 1; i >= 0; i--) {
      for (int j = b.size() - 1; j >= 0; j--) {
        n[i][j] =
            a.get(i).equals(b.get(j)) ? 1 + n[i + 1][j + 1] : Math.max(n[i + 1][j], n[i][j + 1]);
      }
    }
    return n;
  }
}
