package dev.engram.online;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.Tree;
import dev.engram.WithAux;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.state.LostWeights;
import dev.engram.trace.Flattening;
import dev.engram.transform.Parts;
import dev.engram.transform.ScanTransform;
import dev.engram.transform.StepAxes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A run of a learner along a sequence, and what is special about it. Immutable: each method returns
 * a changed copy, and {@link #evolve}, {@link #grad} run it.
 *
 * <pre>{@code
 * learner.rollout(xs).mask(mask).resets(starts).mean().grad(ys, (out, y) -> …)
 * }</pre>
 *
 * <p>The loss of a step is a scalar; or, if {@link #sum} or {@link #mean} says how to reduce them,
 * one for each example, {@code [B]}. The gradient is that of the sum of all losses, or of their
 * mean. Targets that are the same in each step are best captured by the loss, which may also read
 * states of the model.
 */
public final class Rollout<X, O> {
  private static final ScanTransform.Labels LABELS =
      new ScanTransform.Labels("Learner.grad", List.of("xs", "ys", "mask", "resets", "modulators"));

  private final Learner<X, O> learner;
  private final X xs;
  private final Optional<Tensor> mask;
  private final Optional<Tensor> resets;
  private final Optional<Tensor> modulators;
  private final Reduction reduction;
  private final States weights;
  private final Schedule schedule;

  private Rollout(
      Learner<X, O> learner,
      X xs,
      Optional<Tensor> mask,
      Optional<Tensor> resets,
      Optional<Tensor> modulators,
      Reduction reduction,
      States weights,
      Schedule schedule) {
    this.learner = learner;
    this.xs = xs;
    this.mask = mask;
    this.resets = resets;
    this.modulators = modulators;
    this.reduction = reduction;
    this.weights = weights;
    this.schedule = schedule;
  }

  /** How the losses of all steps and examples become one. */
  private enum Reduction {
    /** By their sum; each step has one. */
    SCALARS,
    SUM,
    MEAN
  }

  Rollout(Learner<X, O> learner, X xs) {
    this(
        learner,
        xs,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Reduction.SCALARS,
        learner.weights(),
        learner.rule().schedule());
    learner.examples().ifPresent(n -> requireSteps(Tree.flatten(xs, "xs"), n));
  }

  /** Requires that steps do not go along axis 1, where that can be told. */
  private static void requireSteps(Tree.Flat xs, int examples) {
    List<String> paths = xs.structure().paths("xs");
    for (int i = 0; i < paths.size(); i++) {
      Tensor x = xs.leaves().get(i);
      if (x.rank() > 1 && x.dim(1) != examples && x.dim(0) == examples) {
        throw new TypeException(
            "Learner.rollout: %s has type %s, expected [T, %d, …]: steps along axis 0, examples along axis 1 (%s); if steps go along axis 1 here, use %s; learner.update(x) runs one step"
                .formatted(
                    paths.get(i),
                    x.type(),
                    examples,
                    SourceLocation.here(),
                    StepAxes.swapped(x.rank())));
      }
    }
  }

  /**
   * Leaves steps out of the losses, such as a warm-up or padding; states and traces advance through
   * them. A float mask weights the losses.
   *
   * @param steps bool or float, {@code [T]}; or {@code [T, B]} for losses of each example, {@code
   *     [B]}
   */
  public Rollout<X, O> mask(Tensor steps) {
    Given.given("Rollout.mask", "steps", steps);
    if (steps.dtype() != DType.BOOL && !steps.dtype().isFloat()) {
      throw new TypeException(
          "Rollout.mask: the mask has type %s, expected bool or a float type (%s); use .ne(0)"
              .formatted(steps.type(), SourceLocation.here()));
    }
    return new Rollout<>(
        learner, xs, Optional.of(steps), resets, modulators, reduction, weights, schedule);
  }

  /**
   * Resets examples within the sequence: before a step at which it is true, the model's states and
   * the traces of that example get their initial values. So several episodes follow each other in
   * one sequence, and no gradient goes from one to the one before.
   *
   * @param starts {@code bool[T, B]} after {@link Learner#compile}, else {@code bool[T]}
   */
  public Rollout<X, O> resets(Tensor starts) {
    Given.given("Rollout.resets", "starts", starts);
    if (starts.dtype() != DType.BOOL || starts.rank() != learner.mappedAxes() + 1) {
      throw new TypeException(
          "Rollout.resets: the resets have type %s, expected bool[%s] (%s); compare numbers with .ne(0)"
              .formatted(
                  starts.type(), learner.mappedAxes() == 0 ? "T" : "T, B", SourceLocation.here()));
    }
    return new Rollout<>(
        learner, xs, mask, Optional.of(starts), modulators, reduction, weights, schedule);
  }

  /**
   * Gives the modulators of a rule whose signal is {@link LearningSignal.Modulatory}.
   *
   * @param each {@code [T]}, or {@code [T, B]} after {@link Learner#compile}
   * @throws EtraceException when the rule takes none
   */
  public Rollout<X, O> modulators(Tensor each) {
    Given.given("Rollout.modulators", "each", each);
    if (!isModulatory()) {
      throw new EtraceException(
          ("Rollout.modulators: the signal of the rule is %s, expected modulatory (%s); use"
                  + " rule.with(new LearningSignal.Modulatory())")
              .formatted(learner.rule().signal().name(), SourceLocation.here()));
    }
    return new Rollout<>(
        learner, xs, mask, resets, Optional.of(each), reduction, weights, schedule);
  }

  /** Takes the sum of all losses, of which a step may have one for each example. */
  public Rollout<X, O> sum() {
    return reducedBy(Reduction.SUM);
  }

  /**
   * Takes the mean of all losses that are not masked, of which a step may have one for each
   * example; 0 if all are masked.
   */
  public Rollout<X, O> mean() {
    return reducedBy(Reduction.MEAN);
  }

  private Rollout<X, O> reducedBy(Reduction by) {
    return new Rollout<>(learner, xs, mask, resets, modulators, by, weights, schedule);
  }

  /**
   * Takes gradients of these weights alone.
   *
   * @param some of {@link Learner#weights}
   */
  public Rollout<X, O> weights(States some) {
    Given.given("Rollout.weights", "some", some);
    Set<State> all = Set.copyOf(learner.weights().values());
    some.byPath()
        .forEach(
            (path, s) -> {
              if (!all.contains(s)) {
                throw new EtraceException(
                    ("Rollout.weights: %s is not among the learner's weights (%s); choose them with"
                            + " learner.weights().filter(…)")
                        .formatted(path, SourceLocation.here()));
              }
            });
    return new Rollout<>(learner, xs, mask, resets, modulators, reduction, some, schedule);
  }

  /**
   * Goes through time within windows of so many steps, whatever the rule's schedule is; see {@link
   * Schedule.Window}.
   *
   * @throws EtraceException when the rule cannot have windows
   */
  public Rollout<X, O> window(int steps) {
    Ranges.atLeastOne("Rollout.window", "steps", steps);
    Rule changed = learner.rule().with(new Schedule.Window(steps));
    return new Rollout<>(
        learner, xs, mask, resets, modulators, reduction, weights, changed.schedule());
  }

  /** Runs the sequence without learning; returns the outputs of each step, {@code [T, …]}. */
  public O evolve() {
    return ScanTransform.plain(
        now -> {
          Flattening.<Optional<Tensor>>cast(now.get(1)).ifPresent(learner::reset);
          return learner.update(Flattening.<X>cast(now.getFirst()));
        },
        List.of(xs, resets),
        OptionalInt.empty());
  }

  /**
   * Runs the sequence and takes the gradient of its losses.
   *
   * @param ys targets, a structure of tensors {@code [T, …]}
   * @param stepLoss loss of one step's outputs and targets
   * @throws EtraceException when the rule needs modulators and has none
   */
  public <Y> Learner.Sequence<O> grad(Y ys, Fn2<O, Y, Tensor> stepLoss) {
    Given.given("Rollout.grad", "ys", ys);
    Given.given("Rollout.grad", "stepLoss", stepLoss);
    return run(ys, (out, y) -> new Pair<>(stepLoss.apply(out, y), out));
  }

  /** {@link #grad(Object, Fn2)} with a loss that needs no targets, or captures them. */
  public Learner.Sequence<O> grad(Fn1<O, Tensor> stepLoss) {
    Given.given("Rollout.grad", "stepLoss", stepLoss);
    return run(List.of(), (out, _) -> new Pair<>(stepLoss.apply(out), out));
  }

  /**
   * {@link #grad(Object, Fn2)} of a loss with auxiliary results, which are given back beside the
   * outputs, {@code [T, …]}.
   */
  public <Y, A> Learner.Sequence<Pair<O, A>> gradWithAux(Y ys, Fn2<O, Y, WithAux<A>> stepLoss) {
    Given.given("Rollout.gradWithAux", "ys", ys);
    Given.given("Rollout.gradWithAux", "stepLoss", stepLoss);
    return run(
        ys,
        (out, y) -> {
          WithAux<A> loss = stepLoss.apply(out, y);
          return new Pair<>(loss.value(), new Pair<>(out, loss.aux()));
        });
  }

  /**
   * Runs the sequence in parts of {@code steps} steps, the last of which may be shorter, one after
   * the other: {@code f} gets each part with its targets and returns its losses, {@code [steps,
   * …]}. What {@code f} sets, such as updated weights, holds for the parts after it.
   *
   * @return all losses, {@code [T, …]}
   */
  public <Y> Tensor parts(int steps, Y ys, Fn2<Rollout<X, O>, Y, Tensor> f) {
    Ranges.atLeastOne("Rollout.parts", "steps", steps);
    Given.given("Rollout.parts", "ys", ys);
    Given.given("Rollout.parts", "f", f);
    Parts parts = new Parts(ScanTransform.steps(LABELS, sequences(ys)), steps);
    return parts.run(
        sequences(ys),
        each -> {
          Slice<X, Y> part = Slice.of(each);
          return f.apply(over(part), part.y);
        });
  }

  private Rollout<X, O> over(Slice<X, ?> part) {
    return new Rollout<>(
        learner, part.x, part.mask, part.resets, part.modulators, reduction, weights, schedule);
  }

  private boolean isModulatory() {
    return learner.rule().signal() instanceof LearningSignal.Modulatory;
  }

  private List<Object> sequences(Object ys) {
    return List.of(xs, ys, mask, resets, modulators);
  }

  /** A step or a part of {@link #sequences}. */
  private record Slice<X, Y>(
      X x, Y y, Optional<Tensor> mask, Optional<Tensor> resets, Optional<Tensor> modulators) {
    static <X, Y> Slice<X, Y> of(List<Object> now) {
      return new Slice<>(
          Flattening.<X>cast(now.get(0)),
          Flattening.<Y>cast(now.get(1)),
          Flattening.cast(now.get(2)),
          Flattening.cast(now.get(3)),
          Flattening.cast(now.get(4)));
    }
  }

  private <Y, R> Learner.Sequence<R> run(Y ys, Fn2<O, Y, Pair<Tensor, R>> lossAndResult) {
    if (isModulatory() && modulators.isEmpty()) {
      throw new EtraceException(
          "the rule learns by a modulator, and this gradient has none ("
              + SourceLocation.here()
              + "); give them with learner.rollout(xs).modulators(…).grad(ys, stepLoss)");
    }
    Learner.Sequence<R> sum =
        switch (schedule) {
          case Schedule.PerStep _ -> perStep(ys, lossAndResult);
          case Schedule.Window w ->
              new WindowedBptt<>(
                      learner,
                      weights,
                      w.steps(),
                      now -> step(Slice.of(now), learner::throughTime, lossAndResult))
                  .grad(sequences(ys), ScanTransform.steps(LABELS, sequences(ys)));
        };
    LostWeights.watch(weights.values(), sum.loss());
    return rounded(reduction == Reduction.MEAN ? meanOf(sum) : sum);
  }

  private <Y, R> Learner.Sequence<R> perStep(Y ys, Fn2<O, Y, Pair<Tensor, R>> lossAndResult) {
    Fn1<List<Object>, Object> body =
        args -> {
          Grads sum = Flattening.cast(args.getFirst());
          GradWithAux<Grads, Pair<Tensor, R>> g =
              Engram.<List<Object>, Pair<Tensor, R>>gradWithAux(
                      each -> {
                        Slice<X, Y> now = Slice.of(each);
                        Pair<Tensor, R> done = step(now, online(now), lossAndResult);
                        return new WithAux<>(total(done.first()), done);
                      },
                      weights)
                  .apply(args.subList(1, args.size()));
          return new StepResult<>(sum.plus(g.grad().map(RoundOnce::wide)), g.aux());
        };
    StepResult<Grads, Pair<Tensor, R>> done =
        Flattening.cast(
            new ScanTransform(LABELS, body, false)
                .run(
                    Grads.zeros(weights).map(RoundOnce::wide), sequences(ys), OptionalInt.empty()));
    return summed(done);
  }

  /** The sums of steps or windows, those of 16-bit values in f32. */
  static <R> Learner.Sequence<R> summed(StepResult<Grads, Pair<Tensor, R>> done) {
    Tensor losses = done.out().first();
    return new Learner.Sequence<>(
        done.carry(), RoundOnce.wide(losses).sum(), losses, done.out().second());
  }

  private Fn1<X, O> online(Slice<X, ?> now) {
    return now.modulators.<Fn1<X, O>>map(m -> x -> learner.update(x, m)).orElse(learner::update);
  }

  /** Runs one step; returns its masked losses and its result. */
  private <Y, R> Pair<Tensor, R> step(
      Slice<X, Y> now, Fn1<X, O> update, Fn2<O, Y, Pair<Tensor, R>> lossAndResult) {
    now.resets.ifPresent(learner::reset);
    O out = update.apply(now.x);
    Pair<Tensor, R> done = lossAndResult.apply(out, now.y);
    requireScalar(done.first());
    return now.mask.map(m -> new Pair<>(masked(done.first(), m), done.second())).orElse(done);
  }

  private void requireScalar(Tensor loss) {
    if (reduction == Reduction.SCALARS && loss.rank() > 0) {
      throw new TypeException(
          ("Learner.grad: the loss of a step has type %s, expected a scalar (%s); let"
                  + " learner.rollout(xs).mean() reduce the losses of all steps and examples, or"
                  + " reduce it with sum() or mean() if no mask is to tell examples apart")
              .formatted(loss.type(), SourceLocation.here()));
    }
  }

  private static Tensor masked(Tensor loss, Tensor mask) {
    if (mask.rank() > 0 && !mask.shape().equals(loss.shape())) {
      throw new TypeException(
          ("Rollout.mask: the mask of a step has type %s and its loss %s, expected a loss for each"
                  + " example (%s); return the losses from the loss without their mean and use"
                  + " rollout.mean(), or give a mask [T] for whole steps")
              .formatted(mask.type(), loss.type(), SourceLocation.here()));
    }
    Tensor m = mask.broadcastTo(loss.shape());
    // a masked loss may be anything, such as that of padding
    HostTensor zero = HostTensor.full(loss.type(), 0);
    return m.dtype() == DType.BOOL
        ? m.select(loss, zero)
        : m.ne(0).select(loss.mul(m.cast(loss.dtype())), zero);
  }

  private static Tensor total(Tensor loss) {
    return loss.rank() == 0 ? loss : loss.sum();
  }

  /** Sums of 16-bit values are computed in f32, and rounded once. */
  private <R> Learner.Sequence<R> rounded(Learner.Sequence<R> wide) {
    Map<String, Tensor> grads = new LinkedHashMap<>();
    weights
        .byPath()
        .forEach((path, w) -> grads.put(path, wide.grads().get(path).cast(w.type().dtype())));
    return new Learner.Sequence<>(
        Grads.of(weights, grads),
        wide.loss().cast(wide.losses().dtype()),
        wide.losses(),
        wide.outputs());
  }

  private <R> Learner.Sequence<R> meanOf(Learner.Sequence<R> sum) {
    Tensor losses = sum.losses();
    if (losses.type().size() == 0) {
      return sum;
    }
    DType wide = RoundOnce.wide(losses.dtype());
    Tensor count =
        mask.map(m -> m.cast(wide).sum().mul((double) losses.type().size() / m.type().size()))
            .orElseGet(() -> HostTensor.full(TensorType.scalar(wide), losses.type().size()));
    Tensor divisor = count.eq(0).select(count.like(1), count); // all masked: 0, not NaN
    UnaryOperator<Tensor> scale = t -> t.div(divisor.cast(t.dtype()));
    return new Learner.Sequence<>(
        sum.grads().map(scale), scale.apply(sum.loss()), losses, sum.outputs());
  }
}
