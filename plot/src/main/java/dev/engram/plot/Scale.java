package dev.engram.plot;

import java.util.List;

/**
 * Where values stand on an axis. A place is counted in steps from one labelled line to the next, so
 * that the labelled lines stand at whole numbers.
 */
sealed interface Scale permits LinearScale, LogScale {
  /** The place where the axis begins. */
  double start();

  /** The place where the axis ends, above {@link #start}. */
  double end();

  /** The place of a finite value. */
  double place(double value);

  /** The number that is written at a place. */
  String label(long place);

  /** The places of unlabelled lines between two neighbours, counted from the lower one. */
  List<Double> between();

  /** The digits of {@code n} as superscripts. */
  static String raised(int n) {
    StringBuilder text = new StringBuilder();
    for (char c : Integer.toString(n).toCharArray()) {
      text.append(c == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(c - '0'));
    }
    return text.toString();
  }
}
