package dev.engram.etrace;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * A part of a weight's gradient that a rule leaves out or replaces.
 *
 * @param states paths of the states concerned, in the order of the model
 * @param op mnemonic of the op that causes it, or the name of the coordinate of one's own; empty if
 *     there is none
 * @param where the user's line of that op
 */
public record Omission(Kind kind, List<String> states, String op, SourceLocation where) {
  public Omission {
    Given.given("Omission", "kind", kind);
    Given.all("Omission", "states", states);
    Given.given("Omission", "op", op);
    Given.given("Omission", "where", where);
    states = List.copyOf(states);
  }

  /** Returns an omission of the rule itself, without an op. */
  public static Omission of(Kind kind, List<String> states) {
    return new Omission(kind, states, "", SourceLocation.UNKNOWN);
  }

  /** Returns what a coordinate of one's own, of such a name, replaces. */
  public static Omission ofOwn(Kind kind, String name) {
    return new Omission(kind, List.of(), name, SourceLocation.UNKNOWN);
  }

  /** The kind of omission. */
  public enum Kind {
    /** The weight acts on states of another group, such as the layer above, which remember it. */
    OTHER_MEMORY("Rtrl, or BPTT by Engram.grad over the sequence"),
    /** States feed back through an op that mixes positions, such as a recurrent weight's. */
    RECURRENCE("SnAp(n) with n steps that reach every position, or Rtrl"),
    /** Positions of a group reach each other, but each is followed by itself. */
    POSITIONS("SnAp(n) with n steps that reach every position, or Rtrl"),
    /** Positions farther away than the steps of SnAp. */
    DISTANCE("SnAp with a larger n, or Rtrl"),
    /** The weight has a trace, and a second path to its states which has none. */
    SECOND_PATH("Rtrl, or BPTT by Engram.grad over the sequence"),
    /** The weight reaches states, but along no path that a trace follows. */
    NO_TRACE("Rtrl, or BPTT by Engram.grad over the sequence"),
    /** The user excluded this use. */
    UNTRACED("take .untraced() away"),
    /** A result depends on a state's value before the step. */
    BEFORE_STEP("read the state after it is set, or take windows: new Schedule.Window(1)"),
    /** A derivative passes through a state that is not hidden. */
    NOT_HIDDEN("make it a hidden state, or take stopGradient() of what it gets"),
    /** A state keeps a weight that meets no data. */
    KEPT_WEIGHT("Rtrl, or BPTT by Engram.grad over the sequence"),
    /** Traces are not propagated. */
    NO_RECURSION("Recursion.Jacobian"),
    /** Traces are propagated by a constant. */
    LEAK("Recursion.Jacobian"),
    /** One product of two sums approximates a sum of products. */
    FACTORIZATION("Factorization.PerWeight"),
    /** Outer products of one's own stand for the traces. */
    PRODUCTS("Factorization.PerWeight"),
    /** Random numbers estimate the influence, which is their mean. */
    PROJECTION("Factorization.PerWeight"),
    /** Random weights send the error back. */
    FEEDBACK("LearningSignal.Symmetric"),
    /** A modulator replaces the error. */
    MODULATOR("LearningSignal.Symmetric"),
    /** A signal of one's own replaces the loss's derivative. */
    SIGNAL("LearningSignal.Symmetric"),
    /** A prediction replaces later losses. */
    PREDICTION("LearningSignal.Symmetric with Recursion.Jacobian"),
    /** Traces pass a filter. */
    FILTER("TraceFilter.None");

    private final String fix;

    Kind(String fix) {
      this.fix = fix;
    }

    /** Returns the nearest alternative that includes it. */
    public String fix() {
      return fix;
    }
  }

  /** True when the rule replaces it by something else, by definition. */
  boolean isReplaced() {
    return switch (kind) {
      case LEAK,
          FACTORIZATION,
          PRODUCTS,
          PROJECTION,
          FEEDBACK,
          MODULATOR,
          SIGNAL,
          PREDICTION,
          FILTER ->
          true;
      case OTHER_MEMORY,
          RECURRENCE,
          POSITIONS,
          DISTANCE,
          SECOND_PATH,
          NO_TRACE,
          UNTRACED,
          BEFORE_STEP,
          NOT_HIDDEN,
          KEPT_WEIGHT,
          NO_RECURSION ->
          false;
    };
  }

  /** Completes "leaves out …", or "takes …" if it is replaced. */
  public String words() {
    String of = String.join(", ", states);
    String at = op.isEmpty() ? "" : " through " + op + line(" at ");
    return switch (kind) {
      case OTHER_MEMORY -> "the memory of " + of + line(" (", ")");
      case RECURRENCE -> "how " + of + " comes back" + at;
      case POSITIONS -> "how positions of " + of + " reach each other";
      case DISTANCE -> "positions of " + of + " that are more steps away";
      case SECOND_PATH -> "its path to " + of + at;
      case NO_TRACE -> "its memory in " + of + ", reached" + at;
      case UNTRACED -> "its memory in " + of + ", being marked untraced" + line(" at ");
      case BEFORE_STEP ->
          "what results take from " + of + " as it was before the step" + line(" (", ")");
      case NOT_HIDDEN -> "what " + of + " hands on, which is no hidden state";
      case KEPT_WEIGHT -> "its memory in " + of + ", which keeps it as it is";
      case NO_RECURSION -> "what " + of + " remembers from before the step";
      case LEAK -> "a leak for the Jacobian of " + of;
      case FACTORIZATION -> "one product of two sums for a sum of products";
      case PRODUCTS -> "outer products" + named() + " for the traces";
      case PROJECTION -> "a random projection for the influence, right in the mean alone";
      case FEEDBACK -> "random feedback for the loss's own derivative";
      case MODULATOR -> "a modulator for the loss's own derivative";
      case SIGNAL -> "a signal" + named() + " for the loss's own derivative";
      case PREDICTION -> "a prediction for what later losses add";
      case FILTER -> "filtered traces for the traces of the step";
    };
  }

  private String named() {
    return op.isEmpty() ? "" : ", " + op + ",";
  }

  private String line(String before) {
    return line(before, "");
  }

  private String line(String before, String after) {
    return where.isKnown() ? before + where + after : "";
  }

  @Override
  public String toString() {
    return words();
  }
}
