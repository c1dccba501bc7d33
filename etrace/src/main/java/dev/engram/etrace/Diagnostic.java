package dev.engram.etrace;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * One decision of the analysis.
 *
 * @param weights paths of the weights concerned; empty for a decision about states only
 * @param hidden paths of the hidden states
 * @param op mnemonic of the op where the weight meets data, or of the op that blocks the path
 * @param where the user's line of that op
 * @param message the decision
 * @param fix the simplest fix; empty where there is none to make
 */
public record Diagnostic(
    Kind kind,
    List<String> weights,
    List<String> hidden,
    String op,
    SourceLocation where,
    String message,
    String fix) {
  public Diagnostic {
    Given.given("Diagnostic", "kind", kind);
    Given.all("Diagnostic", "weights", weights);
    Given.all("Diagnostic", "hidden", hidden);
    Given.given("Diagnostic", "op", op);
    Given.given("Diagnostic", "where", where);
    Given.given("Diagnostic", "message", message);
    Given.given("Diagnostic", "fix", fix);
    weights = List.copyOf(weights);
    hidden = List.copyOf(hidden);
  }

  /** The severity. */
  public enum Level {
    /** What the rule does as it should, or as it was asked. */
    INFO,
    /**
     * Worth a look: a path without a trace, or traces that are approximate or larger than need be.
     */
    WARNING
  }

  /** The kind of decision. */
  public enum Kind {
    /** States tied by position share a group. */
    HIDDEN_GROUP_MERGED(Level.INFO),
    /** A weight learns through traces. */
    RELATION_INCLUDED(Level.INFO),
    /**
     * A weight learns through traces, but a second path through another weight is left to the
     * step's own gradient.
     */
    RELATION_PARTIAL_PATH(Level.WARNING),
    /** A weight reaches hidden states only through another weight. */
    RELATION_EXCLUDED_WEIGHT_TO_WEIGHT(Level.WARNING),
    /** A weight reaches no hidden state. */
    RELATION_EXCLUDED_NON_TEMPORAL(Level.WARNING),
    /** A weight reaches hidden states only through an op that moves or mixes positions. */
    RELATION_EXCLUDED_SHAPE(Level.WARNING),
    /** The user excluded the weight. */
    RELATION_EXCLUDED_UNTRACED(Level.INFO),
    /** A hidden state feeds another through an op that moves or mixes positions. */
    RECURRENCE_NOT_ELEMENTWISE(Level.WARNING),
    /** A state that is not hidden passes on values computed with weights, which no rule follows. */
    STATE_NOT_FOLLOWED(Level.WARNING),
    /** SnAp's pattern is dense, since the recurrence is. */
    SNAP_PATTERN_CONSERVATIVE(Level.WARNING);

    private final Level level;

    Kind(Level level) {
      this.level = level;
    }

    /** Returns how serious such a decision is. */
    public Level level() {
      return level;
    }

    /** Returns the decision in a few words. */
    public String words() {
      return switch (this) {
        case HIDDEN_GROUP_MERGED -> "states share a group";
        case RELATION_INCLUDED -> "learns through traces";
        case RELATION_PARTIAL_PATH -> "one of its paths has no trace";
        case RELATION_EXCLUDED_WEIGHT_TO_WEIGHT -> "reaches a state only through another weight";
        case RELATION_EXCLUDED_NON_TEMPORAL -> "reaches no state";
        case RELATION_EXCLUDED_SHAPE -> "reaches a state only through an op that mixes positions";
        case RELATION_EXCLUDED_UNTRACED -> "marked untraced";
        case RECURRENCE_NOT_ELEMENTWISE -> "a state comes back through an op that mixes positions";
        case STATE_NOT_FOLLOWED -> "a state that is no hidden state hands derivatives on";
        case SNAP_PATTERN_CONSERVATIVE -> "the recurrence is dense";
      };
    }

    /** True for decisions about a weight, one of its paths, or a state on one, without a trace. */
    public boolean isExclusion() {
      return switch (this) {
        case RELATION_PARTIAL_PATH,
            RELATION_EXCLUDED_WEIGHT_TO_WEIGHT,
            RELATION_EXCLUDED_NON_TEMPORAL,
            RELATION_EXCLUDED_SHAPE,
            RELATION_EXCLUDED_UNTRACED,
            STATE_NOT_FOLLOWED ->
            true;
        case HIDDEN_GROUP_MERGED,
            RELATION_INCLUDED,
            RECURRENCE_NOT_ELEMENTWISE,
            SNAP_PATTERN_CONSERVATIVE ->
            false;
      };
    }
  }

  /** Returns how serious the decision is. */
  public Level level() {
    return kind.level();
  }

  /** {@code MESSAGE (LINE); FIX}. */
  @Override
  public String toString() {
    return message
        + (where.isKnown() ? " (" + where + ")" : "")
        + (fix.isEmpty() ? "" : "; " + fix);
  }
}
