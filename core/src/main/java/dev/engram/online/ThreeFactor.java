package dev.engram.online;

import dev.engram.Fn2;
import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.function.Consumer;

/**
 * Three-factor learning: the traces of {@link DRtrl}, and a modulator, such as reward or surprise,
 * that is given with each step and replaces ∂loss/∂h for every hidden position. An optimizer
 * descends, so a positive modulator moves the weights against the traces. Weights without a trace
 * learn from the loss.
 *
 * @see Rule#threeFactor
 */
public final class ThreeFactor<X, O> extends Learner<X, O> {

  /** A learner that logs its warnings. */
  public ThreeFactor(Network<X, O> model) {
    this(model, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public ThreeFactor(Network<X, O> model, Consumer<Diagnostic> warnings) {
    this(model, Rule.threeFactor(), RandomKey.of(0), warnings);
  }

  /**
   * Uses another rule whose signal is {@link LearningSignal.Modulatory}, such as {@code
   * Rule.snAp(2).with(new LearningSignal.Modulatory())}.
   *
   * @param key for rules that draw random numbers
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   * @throws EtraceException when the rule's signal is not modulatory
   */
  public ThreeFactor(Network<X, O> model, Rule rule, RandomKey key, Consumer<Diagnostic> warnings) {
    super(model, rule, key, warnings);
    if (!(rule.signal() instanceof LearningSignal.Modulatory)) {
      throw new EtraceException(
          "ThreeFactor: the signal of the rule is "
              + rule.signal().name()
              + ", expected modulatory ("
              + SourceLocation.here()
              + "); use rule.with(new LearningSignal.Modulatory()), or a Learner");
    }
  }

  /**
   * Runs one step. Without a modulator ({@link #call(Object)}) nothing is learned through traces.
   *
   * @param modulator a scalar, or {@code [B]} after {@link Learner#compile}
   */
  public O call(X x, Tensor modulator) {
    Given.given("ThreeFactor.call", "x", x);
    Given.given("ThreeFactor.call", "modulator", modulator);
    return update(x, modulator);
  }

  /**
   * Runs a sequence and sums the gradients of its steps; the same as {@link Rollout#modulators}.
   *
   * @param modulators {@code [T]}, or {@code [T, B]} after {@link Learner#compile}
   */
  public <Y> Sequence<O> grad(X xs, Tensor modulators, Y ys, Fn2<O, Y, Tensor> stepLoss) {
    return rollout(xs).modulators(modulators).grad(ys, stepLoss);
  }
}
