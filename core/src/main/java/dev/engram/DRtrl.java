package dev.engram;

import dev.engram.etrace.DRtrlRule;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.OnlineStep;
import java.util.function.Consumer;

/**
 * D-RTRL: traces of every weight carried on by the diagonal of the state Jacobian. Exact where the
 * recurrence is diagonal; memory O(batch · parameters), constant in the sequence length.
 *
 * @see DRtrlRule for the formulas
 */
public final class DRtrl extends Learner {

  /** A learner that logs its warnings. */
  public DRtrl(Layer model) {
    super(model);
  }

  /**
   * @param warnings gets each warning of the relation analysis
   */
  public DRtrl(Layer model, Consumer<Diagnostic> warnings) {
    super(model, warnings);
  }

  @Override
  protected OnlineStep rule(ModelStep step) {
    return DRtrlRule.of(step);
  }
}
