package dev.engram.cli.train.problem;

import dev.engram.etrace.Factorization;
import dev.engram.etrace.Rule;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The learning rules of the command: the named rules, each with typical settings, and BPTT. */
public enum Learning {
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

  /** Decay of the traces of pp-prop. */
  private static final double DECAY = 0.9;

  private static final double KAPPA = 0.9;

  private final String title;

  Learning(String title) {
    this.title = title;
  }

  /** Returns the name in charts. */
  public String title() {
    return title + (this == BPTT ? " (offline)" : " (online)");
  }

  /** Returns the online rule; empty for {@link #BPTT}. */
  public Optional<Rule> rule() {
    return rule(KAPPA);
  }

  /**
   * Returns the online rule; empty for {@link #BPTT}.
   *
   * @param kappa decay of the filter of e-prop
   */
  public Optional<Rule> rule(double kappa) {
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

  /** Returns all but {@link #BPTT}. */
  public static List<Learning> online() {
    return Arrays.stream(values()).filter(l -> l != BPTT).toList();
  }
}
