package dev.engram.ir.checks;

import java.util.Locale;

/** The closest of some known names, for misspellings. */
public final class DidYouMean {
  private DidYouMean() {}

  /** {@code "; did you mean `X`?"}, or nothing when none is near. */
  public static String hint(String wrong, Iterable<String> known) {
    String best = "";
    int least = 3;
    for (String k : known) {
      int d = wrong.length() > 40 ? least : distance(lower(wrong), lower(k));
      if (d < least && d < wrong.length()) {
        least = d;
        best = k;
      }
    }
    return best.isEmpty() ? "" : "; did you mean `" + best + "`?";
  }

  private static String lower(String s) {
    return s.toLowerCase(Locale.ROOT);
  }

  /** Levenshtein's edit distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
