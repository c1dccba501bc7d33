package dev.engram.etrace;

import java.util.function.Consumer;

/**
 * What makes a learner refuse a model: given to it in the place of a reader of warnings.
 *
 * <p>It is about weights and paths that have no trace at all, and not about the part of the state
 * Jacobian that a rule leaves out by its definition.
 *
 * <p>Uses marked with {@link dev.engram.ir.Tensor#untraced} are no surprise and always accepted.
 */
public enum Strictness implements Consumer<Diagnostic> {
  /**
   * Every weight that reaches a hidden state has to have a trace for each of its paths there. A
   * weight that reaches none, such as a readout's, learns from each step's own gradient, which is
   * exact; the report names it, and it is accepted.
   */
  TEMPORAL,
  /** Every weight has to have a trace for each of its paths, readouts too. */
  ALL;

  /** Does nothing: what matters becomes an error. */
  @Override
  public void accept(Diagnostic d) {}

  boolean refuses(Diagnostic d) {
    boolean readout = d.kind() == Diagnostic.Kind.RELATION_EXCLUDED_NON_TEMPORAL;
    return d.level() == Diagnostic.Level.WARNING
        && d.kind().isExclusion()
        && !(this == TEMPORAL && readout);
  }
}
