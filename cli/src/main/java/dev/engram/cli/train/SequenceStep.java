package dev.engram.cli.train;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Vmap;
import dev.engram.WithAux;
import dev.engram.cli.train.problem.SequenceProblem;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Rule;
import dev.engram.ir.Tensor;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One training iteration: computes the loss and the metrics from inputs {@code [T, B, …]} and
 * targets, and updates the weights by the gradient of the mean loss.
 */
public final class SequenceStep implements Fn2<Tensor, Tensor, List<Tensor>> {
  /** Gradients are clipped to this norm. */
  private static final double CLIP = 5;

  private final SequenceProblem problem;
  private final Optional<Learner<Tensor, Tensor>> learner;
  private final States weights;
  private final Adam adam;

  /**
   * @param rule the online rule; empty for backpropagation through time
   * @param inputs {@code [T, B, …]}, of the type that all will have
   * @param warnings receives the warnings of the analysis
   */
  public SequenceStep(
      SequenceProblem problem,
      Optional<Rule> rule,
      double lr,
      RandomKey key,
      Tensor inputs,
      Consumer<Diagnostic> warnings) {
    this.problem = problem;
    this.learner =
        rule.map(
            r ->
                Learner.compile(
                    problem.model(),
                    m -> new Learner<>(m, r, key, warnings),
                    problem.encode(inputs.slice(0, 0, 1)).get(0)));
    this.weights =
        learner
            .map(Learner::weights)
            .orElseGet(() -> problem.model().states().subset(State.Kind.PARAMETER));
    this.adam = new Adam(lr);
    adam.register(weights);
  }

  @Override
  public List<Tensor> apply(Tensor xs, Tensor ys) {
    int warmUp = xs.dim(0) - ys.dim(0);
    Tensor before = xs.slice(0, 0, warmUp);
    Tensor scored = problem.encode(xs.slice(0, warmUp, xs.dim(0)));
    Learner.Sequence<Tensor> run =
        learner.isPresent()
            ? online(learner.get(), before, scored, ys)
            : throughTime(before, scored, ys);
    double each = 1.0 / ys.dim(0);
    Grads mean = run.grads().map(g -> g.mul(each));
    adam.update(GradientTransforms.clipByGlobalNorm(mean, CLIP));
    List<Tensor> values = new ArrayList<>(List.of(run.losses().mean()));
    values.addAll(problem.metrics(run.outputs(), ys));
    return values;
  }

  private Learner.Sequence<Tensor> online(
      Learner<Tensor, Tensor> online, Tensor before, Tensor xs, Tensor ys) {
    online.reset();
    if (before.dim(0) > 0) {
      Engram.forLoop((Tensor x) -> online.call(problem.encode(x)), before);
    }
    return online.grad(xs, ys, problem::loss);
  }

  private Learner.Sequence<Tensor> throughTime(Tensor before, Tensor xs, Tensor ys) {
    Engram.vmapNewStates(xs.dim(1), problem.model()::initAllStates);
    Vmap<Tensor, Tensor> mapped = new Vmap<>(problem.model());
    GradWithAux<Grads, Pair<Tensor, Tensor>> g =
        Engram.gradWithAux(
                () -> {
                  if (before.dim(0) > 0) {
                    Engram.forLoop((Tensor x) -> mapped.update(problem.encode(x)), before);
                  }
                  Pair<Tensor, Tensor> all =
                      Engram.forLoop(
                          (Tensor x, Tensor y) -> {
                            Tensor out = mapped.update(x);
                            return new Pair<>(problem.loss(out, y), out);
                          },
                          xs,
                          ys);
                  return new WithAux<>(all.first().sum(), all);
                },
                weights)
            .apply();
    return new Learner.Sequence<>(g.grad(), g.value(), g.aux().first(), g.aux().second());
  }
}
