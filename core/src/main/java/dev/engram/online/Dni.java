package dev.engram.online;

import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import java.util.function.Consumer;

/**
 * Decoupled neural interfaces, without traces: a linear synthesizer predicts, from the new hidden
 * states, what later losses will add to the derivative with respect to them. Its weights are among
 * {@link #weights}, and their gradient is that of half the squared error of its last prediction:
 * one optimizer trains model and synthesizer together.
 *
 * @see Rule#dni
 */
public final class Dni<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public Dni(Network<X, O> model) {
    this(model, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public Dni(Network<X, O> model, Consumer<Diagnostic> warnings) {
    super(model, Rule.dni(), RandomKey.of(0), warnings);
  }
}
