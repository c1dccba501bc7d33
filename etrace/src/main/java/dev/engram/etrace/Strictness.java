package dev.engram.etrace;

import dev.engram.ir.checks.Given;
import java.util.function.Consumer;

/**
 * Makes a learner refuse a model; passed to it in place of a consumer of warnings.
 *
 * <p>{@link #TEMPORAL} and {@link #ALL} concern weights and paths without any trace, not the part
 * of the state Jacobian that a rule leaves out by definition; {@link #EXACT} concerns the accuracy
 * of the gradient.
 *
 * <p>Uses marked with {@link dev.engram.ir.Tensor#untraced} are always accepted.
 */
public enum Strictness implements Consumer<Diagnostic> {
  /**
   * Every weight that reaches a hidden state has to have a trace for each of its paths there. A
   * weight that reaches none, such as a readout's, learns from each step's own gradient, which is
   * exact; the report names it, and it is accepted.
   */
  TEMPORAL,
  /** Every weight has to have a trace for each of its paths, readouts too. */
  ALL,
  /**
   * The gradient of every weight has to be that of the summed loss ({@link Exactness.Exact}), with
   * a trace or without one.
   */
  EXACT;

  /** Does nothing, since relevant diagnostics become errors. */
  @Override
  public void accept(Diagnostic d) {
    Given.given("Strictness.accept", "d", d);
  }

  boolean refuses(Diagnostic d) {
    boolean readout = d.kind() == Diagnostic.Kind.RELATION_EXCLUDED_NON_TEMPORAL;
    return this != EXACT
        && d.level() == Diagnostic.Level.WARNING
        && d.kind().isExclusion()
        && !(this == TEMPORAL && readout);
  }

  boolean refuses(Exactness.Approximate a) {
    return this == EXACT
        && a.omissions().stream().anyMatch(o -> o.kind() != Omission.Kind.UNTRACED);
  }
}
