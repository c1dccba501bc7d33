package dev.engram.bench;

import java.util.List;

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
    return Options.named("rule", word, List.of(values()), GradientRule::word);
  }
}
