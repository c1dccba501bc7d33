package dev.engram.optim;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Tree;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.online.Learner;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Runs a learner over a sequence and updates its weights: after every step, after every window, or
 * at the end. States and traces continue across updates, so traces hold derivatives at slightly
 * older weights when updates are frequent; use a small rate there.
 *
 * @param optimizer registered with {@link Learner#weights}
 * @param loss scalar loss of one step's output and target
 * @param shape applied to the gradient of each update, such as {@link
 *     GradientTransforms#clipByGlobalNorm}
 */
public record OnlineTrainer<Y>(
    Learner learner, Optimizer optimizer, Fn2<Tensor, Y, Tensor> loss, UnaryOperator<Grads> shape) {
  public OnlineTrainer {
    Given.given("OnlineTrainer", "learner", learner);
    Given.given("OnlineTrainer", "optimizer", optimizer);
    Given.given("OnlineTrainer", "loss", loss);
    Given.given("OnlineTrainer", "shape", shape);
  }

  public OnlineTrainer(Learner learner, Optimizer optimizer, Fn2<Tensor, Y, Tensor> loss) {
    this(learner, optimizer, loss, UnaryOperator.identity());
  }

  /**
   * Updates after each step.
   *
   * @param xs inputs, {@code [T, …]}
   * @param ys targets, a structure of tensors {@code [T, …]}
   * @return loss of each step, {@code [T]}
   */
  public Tensor perStep(Tensor xs, Y ys) {
    Given.given("OnlineTrainer.perStep", "xs", xs);
    return perWindow(xs, ys, 1);
  }

  /** Updates once, with the summed gradient of all steps. */
  public Tensor perSequence(Tensor xs, Y ys) {
    Learner.Sequence s = learner.grad(xs, ys, loss);
    optimizer.update(shape.apply(s.grads()));
    return s.losses();
  }

  /**
   * Updates after every {@code window} steps with their summed gradient, and once more after the
   * remaining steps at the end.
   *
   * @return loss of each step, {@code [T]}
   */
  public Tensor perWindow(Tensor xs, Y ys, int window) {
    Given.given("OnlineTrainer.perWindow", "xs", xs);
    Ranges.atLeastOne("perWindow", "window", window);
    int steps = steps(xs, ys);
    int whole = steps - steps % window;
    if (whole == 0) {
      return perSequence(xs, ys);
    }
    Tensor losses =
        Engram.forLoop(this::perSequence, windows(xs, whole, window), windowsOf(ys, whole, window))
            .reshape(whole);
    if (whole == steps) {
      return losses;
    }
    Y left = Tree.map((Tensor y) -> y.slice(0, whole, steps), ys);
    return Tensor.concat(0, losses, perSequence(xs.slice(0, whole, steps), left));
  }

  /**
   * The number of steps of both; without this check, longer targets would be silently truncated.
   */
  private static int steps(Tensor xs, Object ys) {
    if (xs.rank() == 0) {
      throw new TypeException(
          ("OnlineTrainer: xs has type %s, expected [T, …] (%s); give the inputs of"
                  + " all steps, stacked on axis 0")
              .formatted(xs.type(), SourceLocation.here()));
    }
    Tree.Flat flat = Tree.flatten(ys, "OnlineTrainer: ys");
    List<String> paths = flat.structure().paths("ys");
    for (int i = 0; i < paths.size(); i++) {
      Tensor y = flat.leaves().get(i);
      if (y.rank() == 0 || y.dim(0) != xs.dim(0)) {
        throw new TypeException(
            ("OnlineTrainer: %s has type %s, expected length %d on axis 0, as xs of"
                    + " type %s (%s); give a target for each step")
                .formatted(paths.get(i), y.type(), xs.dim(0), xs.type(), SourceLocation.here()));
      }
    }
    return xs.dim(0);
  }

  private Y windowsOf(Y ys, int whole, int window) {
    return Tree.map((Tensor y) -> windows(y, whole, window), ys);
  }

  private static Tensor windows(Tensor x, int whole, int window) {
    Tensor part = x.slice(0, 0, whole);
    return part.reshape(x.shape().with(0, whole / window).insert(1, window));
  }
}
