package dev.engram.online;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.WithAux;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.trace.Flattening;
import dev.engram.transform.ScanTransform;
import java.util.List;
import java.util.function.Consumer;

/**
 * Three-factor learning: the traces of {@link DRtrl}, and a modulator, such as reward or surprise,
 * that is given with each step and replaces ∂loss/∂h for every hidden position. An optimizer
 * descends, so a positive modulator moves the weights against the traces. Weights without a trace
 * learn from the loss.
 *
 * @see Rule#threeFactor
 */
public final class ThreeFactor extends Learner {

  /** A learner that logs its warnings. */
  public ThreeFactor(Layer model) {
    this(model, logged(model));
  }

  /**
   * @param warnings gets each warning of the relation analysis; a {@link Strictness} for errors
   */
  public ThreeFactor(Layer model, Consumer<Diagnostic> warnings) {
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
  public ThreeFactor(Layer model, Rule rule, RandomKey key, Consumer<Diagnostic> warnings) {
    super(model, rule, key, warnings);
    if (!(rule.signal() instanceof LearningSignal.Modulatory)) {
      throw new EtraceException(
          "ThreeFactor: the signal of the rule is "
              + rule.signal()
              + ", expected modulatory ("
              + SourceLocation.here()
              + "); use rule.with(new LearningSignal.Modulatory()), or a Learner");
    }
  }

  /**
   * Runs one step. Without a modulator ({@link #call(Tensor)}) nothing is learned through traces.
   *
   * @param modulator a scalar, or {@code [B]} after {@link Learner#compile}
   */
  public Tensor call(Tensor x, Tensor modulator) {
    Given.given("ThreeFactor.call", "x", x);
    Given.given("ThreeFactor.call", "modulator", modulator);
    return update(x, modulator);
  }

  /**
   * Runs a sequence and sums the gradients of its steps.
   *
   * @param modulators {@code [T]}, or {@code [T, B]} after {@link Learner#compile}
   */
  public <Y> Sequence grad(Tensor xs, Tensor modulators, Y ys, Fn2<Tensor, Y, Tensor> stepLoss) {
    Given.given("ThreeFactor.grad", "stepLoss", stepLoss);
    Given.given("ThreeFactor.grad", "xs", xs);
    Given.given("ThreeFactor.grad", "modulators", modulators);
    Given.given("ThreeFactor.grad", "ys", ys);
    return steps(
        new ScanTransform.Labels("ThreeFactor.grad", List.of("xs", "modulators", "ys")),
        List.of(xs, modulators, ys),
        now ->
            Engram.<Tensor, Pair<Tensor, Y>, Tensor>gradWithAux(
                    (a, b) -> {
                      Tensor out = call(a, b.first());
                      return new WithAux<>(stepLoss.apply(out, b.second()), out);
                    },
                    weights())
                .apply(
                    (Tensor) now.get(0),
                    new Pair<>((Tensor) now.get(1), Flattening.cast(now.get(2)))));
  }
}
