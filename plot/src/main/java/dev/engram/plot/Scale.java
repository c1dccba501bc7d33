package dev.engram.plot;

import java.util.List;

/**
 * The scale of an axis: maps values to places. A place is counted in steps from one labelled line
 * to the next, so that labelled lines are at integers.
 */
sealed interface Scale permits LinearScale, LogScale {
  /** Returns the place where the axis begins. */
  double start();

  /** Returns the place where the axis ends, above {@link #start}. */
  double end();

  /** Returns the place of a finite value. */
  double place(double value);

  /** Returns the number that labels a place. */
  String label(long place);

  /**
   * Returns the places of unlabelled lines between two labelled ones, counted from the lower one.
   */
  List<Double> between();

  /** Returns the digits of {@code n} as superscripts. */
  static String raised(int n) {
    StringBuilder text = new StringBuilder();
    for (char c : Integer.toString(n).toCharArray()) {
      text.append(c == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(c - '0'));
    }
    return text.toString();
  }
}
