package dev.engram.cli;

import dev.engram.etrace.Factorization;
import dev.engram.etrace.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** How weights learn: the named rules, each at a common setting, and backpropagation. */
enum Learning {
  D_RTRL("D-RTRL"),
  PP_PROP("pp-prop"),
  E_PROP("e-prop"),
  OSTL_RECURRENT("OSTL, recurrent"),
  OSTL_FEEDFORWARD("OSTL, feedforward"),
  SNAP_2("SnAp-2"),
  UORO("UORO"),
  THREE_FACTOR("three-factor"),
  DNI("DNI"),
  RTRL("RTRL"),
  BPTT("BPTT");

  /** The word for {@code d-rtrl,bptt}. */
  private static final String BOTH = "both";

  /** Decay of the traces of pp-prop. */
  private static final double DECAY = 0.9;

  private static final double KAPPA = 0.9;

  private final String title;

  Learning(String title) {
    this.title = title;
  }

  /** The name in charts. */
  String title() {
    return title + (this == BPTT ? " (offline)" : " (online)");
  }

  /** The online rule; empty for {@link #BPTT}. */
  Optional<Rule> rule() {
    return rule(KAPPA);
  }

  /**
   * The online rule; empty for {@link #BPTT}.
   *
   * @param kappa decay of the filter of e-prop
   */
  Optional<Rule> rule(double kappa) {
    return switch (this) {
      case D_RTRL -> Optional.of(Rule.dRtrl());
      case PP_PROP -> Optional.of(Rule.ppProp(Factorization.InputOutput.decay(DECAY)));
      case E_PROP -> Optional.of(Rule.eProp(kappa));
      case OSTL_RECURRENT -> Optional.of(Rule.ostlRecurrent());
      case OSTL_FEEDFORWARD -> Optional.of(Rule.ostlFeedforward());
      case SNAP_2 -> Optional.of(Rule.snAp(2));
      case UORO -> Optional.of(Rule.uoro());
      case THREE_FACTOR -> Optional.of(Rule.threeFactor());
      case DNI -> Optional.of(Rule.dni());
      case RTRL -> Optional.of(Rule.rtrl());
      case BPTT -> Optional.empty();
    };
  }

  /** All that have a rule. */
  static List<Learning> online() {
    return Arrays.stream(values()).filter(l -> l != BPTT).toList();
  }

  /**
   * The option of a task: one or more with commas between them, or {@code both}.
   *
   * @param leaky true when the readout leaks
   */
  static Option<List<Learning>> option(List<Learning> fallback, boolean leaky) {
    String words = fallback.stream().map(OptionType::word).collect(Collectors.joining(","));
    return new Option<>(
        "--rule",
        "RULE,…",
        text -> list(text, leaky),
        fallback,
        "rules to learn by, one after the other (default "
            + words
            + "):\n"
            + Syntax.listed(fitting(leaky)));
  }

  private static List<String> fitting(boolean leaky) {
    List<String> words = new ArrayList<>(List.of(BOTH));
    words.addAll(OptionType.words(Learning.class));
    words.remove(OptionType.word(THREE_FACTOR));
    if (!leaky) {
      words.remove(OptionType.word(E_PROP));
    }
    return words;
  }

  private static List<Learning> list(String text, boolean leaky) throws UsageException {
    List<String> words = new ArrayList<>(List.of(BOTH));
    words.addAll(OptionType.words(Learning.class));
    Set<Learning> chosen = new LinkedHashSet<>();
    for (String word : text.split(",", -1)) {
      if (OptionType.named(words).read(word).equals(BOTH)) {
        chosen.addAll(List.of(D_RTRL, BPTT));
      } else {
        chosen.add(OptionType.oneOf(Learning.class).read(word));
      }
    }
    if (chosen.contains(THREE_FACTOR)) {
      throw new UsageException(
          "three-factor does not fit: it needs a modulator with each step, and a task has a loss"
              + " alone");
    }
    if (chosen.contains(E_PROP) && !leaky) {
      throw new UsageException(
          "e-prop does not fit: it filters traces as a leaky readout does, and the readout of this"
              + " task has no leak; d-rtrl is e-prop without the filter");
    }
    return List.copyOf(chosen);
  }
}
