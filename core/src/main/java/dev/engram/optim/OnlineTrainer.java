package dev.engram.optim;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.WithAux;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.LearningSignal;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.online.Learner;
import dev.engram.online.Rollout;
import java.util.function.UnaryOperator;

/**
 * Runs a learner over a sequence and updates its weights: after every step, after every window, or
 * at the end. States and traces continue across updates, so traces hold derivatives at slightly
 * older weights when updates are frequent; use a small rate there.
 *
 * @param optimizer registered with {@link Learner#weights}
 * @param loss scalar loss of one step's outputs and targets of all examples; in a {@link Rollout}
 *     with a mean or sum also one for each example
 * @param shape applied to the gradient of each update, such as {@link
 *     GradientTransforms#clipByGlobalNorm}
 */
public record OnlineTrainer<X, O, Y>(
    Learner<X, O> learner, Updater optimizer, Fn2<O, Y, Tensor> loss, UnaryOperator<Grads> shape) {
  public OnlineTrainer {
    Given.given("OnlineTrainer", "learner", learner);
    Given.given("OnlineTrainer", "optimizer", optimizer);
    Given.given("OnlineTrainer", "loss", loss);
    Given.given("OnlineTrainer", "shape", shape);
  }

  /** Updates with the gradients as they are. */
  public OnlineTrainer(Learner<X, O> learner, Updater optimizer, Fn2<O, Y, Tensor> loss) {
    this(learner, optimizer, loss, UnaryOperator.identity());
  }

  /**
   * Learns from one step of a stream that does not end: runs it, and updates.
   *
   * @param x inputs of the step, as {@link Learner#update} takes them
   * @return the loss, and the outputs before the update
   */
  public WithAux<O> step(X x, Y y) {
    Given.given("OnlineTrainer.step", "x", x);
    Given.given("OnlineTrainer.step", "y", y);
    if (learner.rule().signal() instanceof LearningSignal.Modulatory) {
      throw new EtraceException(
          "OnlineTrainer.step: the rule learns by a modulator, and a step has none (%s); use perSequence(learner.rollout(xs).modulators(…), ys) with sequences of one step"
              .formatted(SourceLocation.here()));
    }
    GradWithAux<Grads, WithAux<O>> g =
        Engram.<X, Y, WithAux<O>>gradWithAux(
                (a, b) -> {
                  O out = learner.update(a);
                  Tensor now = loss.apply(out, b);
                  return new WithAux<>(now, new WithAux<>(now, out));
                },
                learner.weights())
            .apply(x, y);
    optimizer.update(shape.apply(g.grad()));
    return g.aux();
  }

  /**
   * Updates after each step.
   *
   * @param xs inputs, {@code [T, …]}
   * @param ys targets, a structure of tensors {@code [T, …]}
   * @return losses of each step, {@code [T, …]}
   */
  public Tensor perStep(X xs, Y ys) {
    return perWindow(xs, ys, 1);
  }

  /** Updates once, with the summed gradient of all steps. */
  public Tensor perSequence(X xs, Y ys) {
    return perSequence(rollout("perSequence", xs), ys);
  }

  /** {@link #perSequence(Object, Object)} of a run with a mask, resets or more. */
  public Tensor perSequence(Rollout<X, O> run, Y ys) {
    Given.given("OnlineTrainer.perSequence", "run", run);
    Learner.Sequence<O> s = run.grad(ys, loss);
    optimizer.update(shape.apply(s.grads()));
    return s.losses();
  }

  /**
   * Updates after every {@code window} steps with their summed gradient, and once more after the
   * remaining steps at the end.
   *
   * @return losses of each step, {@code [T, …]}
   */
  public Tensor perWindow(X xs, Y ys, int window) {
    return perWindow(rollout("perWindow", xs), ys, window);
  }

  /** {@link #perWindow(Object, Object, int)} of a run with a mask, resets or more. */
  public Tensor perWindow(Rollout<X, O> run, Y ys, int window) {
    Given.given("OnlineTrainer.perWindow", "run", run);
    Ranges.atLeastOne("perWindow", "window", window);
    return run.parts(window, ys, (Rollout<X, O> part, Y y) -> perSequence(part, y));
  }

  private Rollout<X, O> rollout(String method, X xs) {
    return learner.rollout(Given.given("OnlineTrainer." + method, "xs", xs));
  }
}
