package dev.engram.optim;

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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
 */
public abstract class Optimizer extends Model {
  /** How many names an error lists. */
  private static final int FEW = 3;

  /** Number of uncompiled updates after which a hint is logged. */
  private static final int HINT = 50;

  private final State count = other(HostTensor.of(new int[] {0}));
  private final LearningRate rate;
  private final double decay;
  private final Map<String, State> masters = new LinkedHashMap<>();
  private States weights = new States(Map.of());
  private int outside;

  Optimizer(LearningRate rate, double decay) {
    this.rate = rate;
    this.decay = Ranges.notNegative(getClass().getSimpleName(), "decay", decay);
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
    weights.byPath().forEach(this::requireParameter);
    weights.values().forEach(State::type); // throws if there is no value
    if (!this.weights.byPath().isEmpty()) {
      throw new EngramException(
          getClass().getSimpleName()
              + ".register: got "
              + few(weights.byPath().keySet())
              + " after "
              + few(this.weights.byPath().keySet())
              + ", expected one call; register all weights at once, or make another optimizer ("
              + SourceLocation.here()
              + ")");
    }
    this.weights = weights;
    weights.byPath().forEach(this::registered);
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
              .formatted(getClass().getSimpleName(), path, s.kind(), SourceLocation.here()));
    }
  }

  /** Called for each registered weight; makes its moments. */
  abstract void registered(String path, State weight);

  /**
   * Updates the weights by one step.
   *
   * @param grads one for each registered weight, of its type; for a 16-bit weight it may be f32
   */
  public final void update(Grads grads) {
    Given.given("Optimizer.update", "grads", grads);
    if (!grads.byPath().keySet().equals(weights.byPath().keySet())) {
      throw differ(grads);
    }
    // Everything that can fail comes before anything is set.
    weights.byPath().forEach((path, s) -> check(path, s, grads.get(path)));
    Tensor done = count.value();
    Tensor now = rate();
    hint();
    count.set(done.add(1));
    weights.byPath().forEach((path, s) -> s.set(step(path, s.value(), grads.get(path), now)));
  }

  private EngramException differ(Grads grads) {
    String name = getClass().getSimpleName();
    if (weights.byPath().isEmpty()) {
      return new EngramException(
          ("%s.update: no weights are registered, expected those of the %d"
                  + " gradients (%s); call register(weights) once, with the weights that grad"
                  + " is taken of")
              .formatted(name, grads.paths().size(), SourceLocation.here()));
    }
    Set<String> more = new LinkedHashSet<>(grads.byPath().keySet());
    Set<String> missing = new LinkedHashSet<>(weights.byPath().keySet());
    more.removeAll(weights.byPath().keySet());
    missing.removeAll(grads.byPath().keySet());
    String what =
        Stream.of(
                more.isEmpty() ? "" : "gradients of " + few(more) + " too many",
                missing.isEmpty() ? "" : "none for " + few(missing))
            .filter(s -> !s.isEmpty())
            .collect(Collectors.joining(" and "));
    return new EngramException(
        ("%s.update: got %s, expected one gradient for each of the %d registered"
                + " weights (%s); call register(weights) with the weights that grad is taken"
                + " of")
            .formatted(name, what, weights.size(), SourceLocation.here()));
  }

  private static String few(Collection<String> paths) {
    String first = paths.stream().limit(FEW).collect(Collectors.joining(", "));
    return "[" + first + (paths.size() > FEW ? " and " + (paths.size() - FEW) + " more]" : "]");
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
              .formatted(getClass().getSimpleName(), HINT, SourceLocation.here()));
    }
  }

  private Tensor step(String path, Tensor weight, Tensor grad, Tensor now) {
    Tensor w = start(path, weight);
    Tensor direction = direction(path, w, RoundOnce.wide(grad));
    Tensor whole = decay == 0 ? direction : direction.add(w.mul(decay));
    Tensor next = w.sub(whole.mul(now.cast(w.dtype())));
    if (masters.containsKey(path)) {
      masters.get(path).set(next);
    }
    return next.cast(weight.dtype());
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

  /** Returns the number of updates, this one included, in the type of {@code w}. */
  Tensor updates(Tensor w) {
    return count.value().cast(w.dtype());
  }

  /** Makes a moment of a weight, initially zero; in f32 for 16 bits. */
  State moment(State weight) {
    return moment(weight, 0);
  }

  State moment(State weight, double start) {
    TensorType type = weight.type();
    return other(HostTensor.full(type.with(RoundOnce.wide(type.dtype())), start));
  }

  /** Returns the rate that the next update will use, {@code f64[]}. */
  public final Tensor rate() {
    Tensor now = Given.given("LearningRate: its result", rate.at(count.value().cast(DType.F64)));
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

  private void check(String path, State weight, Tensor grad) {
    TensorType wide = weight.type().with(RoundOnce.wide(weight.type().dtype()));
    if (!grad.type().equals(weight.type()) && !grad.type().equals(wide)) {
      throw new TypeException(
          getClass().getSimpleName()
              + ".update: the gradient of "
              + path
              + " has type "
              + grad.type()
              + ", expected "
              + weight.type()
              + " ("
              + SourceLocation.here()
              + "); take the gradient by the registered weights");
    }
  }

  /**
   * Returns the direction, {@code rate} times which is subtracted from the weight, and updates the
   * moments. Everything is in one type, which is f32 for a 16-bit weight.
   */
  abstract Tensor direction(String path, Tensor weight, Tensor grad);
}
