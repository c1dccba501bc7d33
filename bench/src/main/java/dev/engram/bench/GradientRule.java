package dev.engram.bench;

/** How the gradient of the copying task is computed. */
public enum GradientRule {
  /** Online, by eligibility traces. */
  D_RTRL("d_rtrl", "D-RTRL"),
  /** Offline, by backpropagation through time. */
  BPTT("bptt", "BPTT");

  private final String word;
  private final String title;

  GradientRule(String word, String title) {
    this.word = word;
    this.title = title;
  }

  /** The name in options and in the lines that processes exchange. */
  public String word() {
    return word;
  }

  /** The name in tables. */
  public String title() {
    return title;
  }

  /**
   * Returns the rule with this {@link #word}.
   *
   * @throws IllegalArgumentException when there is none
   */
  static GradientRule of(String word) {
    for (GradientRule r : values()) {
      if (r.word.equals(word)) {
        return r;
      }
    }
    throw new IllegalArgumentException("rule is '" + word + "', expected d_rtrl or bptt");
  }
}
