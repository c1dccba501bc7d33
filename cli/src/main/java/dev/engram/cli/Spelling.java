package dev.engram.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that a mistyped one was meant to be. */
final class Spelling {
  private Spelling() {}

  /** {@code "; did you mean X?"}, or nothing when no word is near. */
  static String hint(String typed, Collection<String> words) {
    return nearest(typed, words).map(word -> "; did you mean " + word + "?").orElse("");
  }

  /** The word within a third of its length in edits, or the only one that {@code typed} begins. */
  static Optional<String> nearest(String typed, Collection<String> words) {
    String lower = typed.toLowerCase(Locale.ROOT);
    Optional<String> near =
        words.stream()
            .filter(word -> distance(lower, word) <= Math.max(1, letters(word) / 3))
            .min(Comparator.comparingInt(word -> distance(lower, word)));
    if (near.isPresent() || letters(lower) == 0) {
      return near;
    }
    var begun = words.stream().filter(word -> word.startsWith(lower)).toList();
    return begun.size() == 1 ? Optional.of(begun.getFirst()) : Optional.empty();
  }

  private static int letters(String word) {
    return (int) word.chars().filter(Character::isLetterOrDigit).count();
  }

  /**
   * Insertions, deletions, replacements and swaps of neighbours that turn {@code a} into {@code b}.
   */
  static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        edits[i][j] = i == 0 || j == 0 ? i + j : step(edits, a, b, i, j);
      }
    }
    return edits[a.length()][b.length()];
  }

  private static int step(int[][] edits, String a, String b, int i, int j) {
    int replace = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
    int best = Math.min(replace, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
    boolean swap =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swap ? Math.min(best, edits[i - 2][j - 2] + 1) : best;
  }
}
