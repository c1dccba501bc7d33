package dev.engram.optim;

import static dev.engram.optim.GradientMatch.few;

import dev.engram.Grads;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.runtime.Log;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.state.ModelWalk;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Updates registered weights by their gradients: {@code w = w - rate · (direction + decay · w)}.
 * Optimizers differ in the direction.
 *
 * <p>The rate may follow a {@link LearningRate}. The decay is decoupled from the gradient
 * (Loshchilov and Hutter 2019) and at least 0; {@link GradientTransforms#withDecay} adds it to the
 * gradient instead. {@link GradientTransforms} also clips gradients.
 *
 * <p>16-bit weights are updated in f32 and rounded once; their moments are f32, 4 bytes each. A
 * step of less than half the distance to the weight's neighbours, about w/2048 in f16 and w/256 in
 * bf16, is still lost to rounding; {@link #registerWithMasters} avoids that. {@link LossScale}
 * preserves small gradients.
 *
 * <p>An optimizer of your own extends this class and defines {@link #registered}, which makes the
 * moments of a weight, and {@link #direction}, which updates them and returns the direction. Count,
 * rate, decay, masters, 16-bit weights and the checks of gradients are cared for here. Moments are
 * states in fields of the subclass, such as a {@code Map<String, State>} by path: {@link #states}
 * finds them by the names of the fields, as {@code FIELD.PATH}, so that they are saved and resumed.
 */
public abstract class Optimizer extends Model implements Updater {
  /** Number of uncompiled updates after which a hint is logged. */
  private static final int HINT = 50;

  @SuppressWarnings("this-escape") // kept as the owner of the state, and not read before it is made
  private final State count = other(HostTensor.of(new int[] {0}));

  private final LearningRate rate;
  private final double decay;
  private final Map<String, State> masters = new LinkedHashMap<>();
  private States weights = new States(Map.of());
  private int outside;

  /**
   * @param rate of each update; if it is a {@link Model}, its states are states {@code rate.…} of
   *     this optimizer
   * @param decay decoupled weight decay, at least 0. A class whose decay is not {@code rate · decay
   *     · w} gives 0 and adds its own in {@link #direction}
   */
  @SuppressWarnings("this-escape") // its class alone is read
  protected Optimizer(LearningRate rate, double decay) {
    this.rate = Given.given(name(), "rate", rate);
    this.decay = Ranges.notNegative(name(), "decay", decay);
  }

  /** The class, for errors. */
  final String name() {
    return ModelWalk.className(this);
  }

  /**
   * Registers the weights that {@link #update} changes.
   *
   * @param weights parameters of float types
   * @throws EngramException when weights are already registered, since their moments would be lost;
   *     or when one of them is not a parameter or has no value yet
   */
  public final void register(States weights) {
    Given.given("Optimizer.register", "weights", weights);
    checkNew(weights);
    this.weights = weights;
    weights.byPath().forEach(this::registered);
  }

  /** {@code Adam(1234 parameters)}: of the weights that are registered. */
  @Override
  public String toString() {
    long n = weights.values().stream().mapToLong(w -> w.type().size()).sum();
    return getClass().getSimpleName() + "(" + n + " parameters)";
  }

  /** Throws what {@link #register} throws. */
  final void checkNew(States weights) {
    weights.byPath().forEach(this::requireParameter);
    weights.values().forEach(State::type); // throws if there is no value
    if (!this.weights.byPath().isEmpty()) {
      throw new EngramException(
          name()
              + ".register: got "
              + few(weights.byPath().keySet())
              + " after "
              + few(this.weights.byPath().keySet())
              + ", expected one call; register all weights at once, or make another optimizer ("
              + SourceLocation.here()
              + ")");
    }
  }

  /**
   * Like {@link #register}, with a master copy in f32 of each 16-bit weight, a state {@code
   * masters.PATH} of this optimizer. Updates go to the master; the weight is the master rounded. A
   * weight that has been set to something else in the meantime, such as by loading a file, becomes
   * a new master.
   */
  public final void registerWithMasters(States weights) {
    Given.given("Optimizer.registerWithMasters", "weights", weights);
    Map<String, State> made = new LinkedHashMap<>();
    weights
        .byPath()
        .forEach(
            (path, s) -> {
              if (RoundOnce.wide(s.type().dtype()) != s.type().dtype()) {
                made.put(path, other(RoundOnce.wide(s.value())));
              }
            });
    register(weights);
    masters.putAll(made);
  }

  private void requireParameter(String path, State s) {
    if (s.kind() != State.Kind.PARAMETER) {
      throw new EngramException(
          "%s.register: %s is of kind %s, expected parameters; register model.states().subset(State.Kind.PARAMETER) (%s)"
              .formatted(name(), path, s.kind(), SourceLocation.here()));
    }
  }

  /**
   * Called once for each registered weight, in their order, before any update: makes what {@link
   * #direction} needs for it, with {@link #moment}, or with {@link #other} for a state of another
   * shape. These states must be made here, for a state made during an update is not kept.
   *
   * @param path of the weight, its name in {@link #direction} too
   * @param weight has a value; do not set it
   */
  protected abstract void registered(String path, State weight);

  /**
   * {@inheritDoc}
   *
   * @throws EngramException when no weights are registered, or the gradients are of others; then,
   *     and when a gradient has another type or the rate fails, nothing has changed
   */
  @Override
  public final void update(Grads grads) {
    // Everything that can fail comes before anything is set.
    apply(grads, checked(grads));
  }

  /** Returns the rate for these gradients, after all checks. */
  final Tensor checked(Grads grads) {
    Given.given("Optimizer.update", "grads", grads);
    if (weights.byPath().isEmpty() && !grads.byPath().isEmpty()) {
      throw new EngramException(
          ("%s.update: no weights are registered, expected those of the %d"
                  + " gradients (%s); call register(weights) once, with the weights that grad"
                  + " is taken of")
              .formatted(name(), grads.paths().size(), SourceLocation.here()));
    }
    GradientMatch.check(
        name(), weights, grads, "call register(weights) with the weights that grad is taken of");
    return rate();
  }

  /** Updates by gradients that were {@link #checked}. */
  final void apply(Grads grads, Tensor now) {
    hint();
    count.set(count.value().add(1));
    weights.byPath().forEach((path, s) -> s.set(step(path, s.value(), grads.get(path), now)));
  }

  /** The registered weights. */
  final States weights() {
    return weights;
  }

  /**
   * Logs a hint once: outside of a compiled function each operation of an update runs on its own.
   */
  private void hint() {
    if (outside < HINT && Trace.current().isEmpty() && ++outside == HINT) {
      Log.info(
          ("%s.update has run %d times outside of a compiled function, with each"
                  + " operation run by itself (%s); compile gradient and update together with"
                  + " Engram.jit, which takes a fraction of the time")
              .formatted(name(), HINT, SourceLocation.here()));
    }
  }

  private Tensor step(String path, Tensor weight, Tensor grad, Tensor now) {
    Tensor w = start(path, weight);
    Tensor direction = checkedDirection(path, w, direction(path, w, RoundOnce.wide(grad)));
    Tensor whole = decay == 0 ? direction : direction.add(w.mul(decay));
    Tensor next = w.sub(whole.mul(now.cast(w.dtype())));
    if (masters.containsKey(path)) {
      masters.get(path).set(next);
    }
    return next.cast(weight.dtype());
  }

  private Tensor checkedDirection(String path, Tensor w, Tensor direction) {
    Given.given(name() + ".direction: its result", direction);
    if (!direction.type().equals(w.type())) {
      throw new TypeException(
          "%s.direction: its result for %s has type %s, expected %s (%s); return one of the type of the weight that it was given"
              .formatted(name(), path, direction.type(), w.type(), SourceLocation.here()));
    }
    return direction;
  }

  /**
   * Where the step starts: the master if it still rounds to the weight, else the weight (f32 for 16
   * bits).
   */
  private Tensor start(String path, Tensor weight) {
    Tensor wide = RoundOnce.wide(weight);
    if (!masters.containsKey(path)) {
      return wide;
    }
    Tensor master = masters.get(path).value();
    return master.cast(weight.dtype()).eq(weight).select(master, wide);
  }

  /**
   * Returns the number of updates, for use within {@link #direction}: the one under way included,
   * so 1 in the first.
   *
   * @param like of the float type of the result, such as the weight
   * @return a scalar of that type
   */
  protected final Tensor updates(Tensor like) {
    return updates(Given.given("Optimizer.updates", "like", like).dtype());
  }

  final Tensor updates(DType dtype) {
    return count.value().cast(dtype);
  }

  /**
   * Returns the rate of the update under way, for use within {@link #direction}. Few optimizers
   * need it: the direction is multiplied by the rate afterwards.
   *
   * @param like of the float type of the result, such as the weight
   * @return a scalar of that type
   */
  protected final Tensor rate(Tensor like) {
    Given.given("Optimizer.rate", "like", like);
    return at(count.value().sub(1)).cast(like.dtype());
  }

  /**
   * Makes a moment of a weight, for use within {@link #registered}: a state of its shape, initially
   * zero; in f32 for 16 bits.
   */
  protected final State moment(State weight) {
    return moment(weight, 0);
  }

  /** {@link #moment(State)}, initially {@code start} in every element. */
  protected final State moment(State weight, double start) {
    TensorType type = Given.given("Optimizer.moment", "weight", weight).type();
    return other(HostTensor.full(type.with(RoundOnce.wide(type.dtype())), start));
  }

  /** Returns the rate that the next update will use, {@code f64[]}. */
  public final Tensor rate() {
    return at(count.value());
  }

  private Tensor at(Tensor done) {
    Tensor now = Given.given("LearningRate: its result", rate.at(done.cast(DType.F64)));
    if (now.type().rank() > 0 || !now.dtype().isFloat()) {
      throw new TypeException(
          "LearningRate: its result has type "
              + now.type()
              + ", expected f64[] ("
              + SourceLocation.here()
              + "); for different rates use one optimizer for each group of weights");
    }
    return now;
  }

  /**
   * Returns the direction, {@code rate} times which is subtracted from the weight, and updates the
   * moments. Called once for each weight and update, often while a function is traced: compute with
   * tensors and states alone, and do not keep tensors from one call to the next except in states.
   *
   * <p>Everything is in one type, which is f32 for a 16-bit weight: the weight (its master, where
   * it has one), the gradient, and what {@link #moment} made.
   *
   * @param path of the weight, as in {@link #registered}
   * @param weight its value before this update
   * @param grad its gradient, of the weight's shape
   * @return of the type of {@code weight}; without the decay that the constructor was given
   */
  protected abstract Tensor direction(String path, Tensor weight, Tensor grad);
}
