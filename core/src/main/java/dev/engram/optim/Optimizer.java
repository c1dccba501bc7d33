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
 * Moves registered weights along their gradients: {@code w = w - rate · (direction + decay · w)},
 * where the direction is what the kinds of optimizers differ in.
 *
 * <p>The rate may follow a {@link LearningRate}. The decay is that of Loshchilov and Hutter (2019),
 * apart from the gradient, and at least 0; {@link GradientTransforms#withDecay} adds to the
 * gradient instead, and {@link GradientTransforms} limits gradients.
 *
 * <p>Weights of 16 bits are moved in f32, rounded once, and have moments in f32, 4 bytes each. A
 * step that is less than half of the distance to the weight's neighbours, about w/2048 in f16 and
 * w/256 in bf16, rounds away all the same: {@link #registerWithMasters} keeps it. {@link LossScale}
 * keeps small gradients.
 */
public abstract class Optimizer extends Model {
  /** How many names an error tells. */
  private static final int FEW = 3;

  /** After so many updates that are not compiled, the user is told. */
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
   * Chooses the weights that {@link #update} moves.
   *
   * @param weights parameters of float types
   * @throws EngramException when weights are registered already: their moments would be lost; or
   *     when one of them is no parameter or has no value yet
   */
  public final void register(States weights) {
    Given.given("Optimizer.register", "weights", weights);
    weights.byPath().forEach(this::requireParameter);
    weights.values().forEach(State::type); // has a value, or nothing has been registered
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
   * As {@link #register}, with a master of each weight of 16 bits: a copy in f32, a state {@code
   * masters.PATH} of this optimizer, to which the updates go. The weight is the master rounded. A
   * weight that has been set to something else since then, such as one that was loaded, gives a new
   * master.
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

  /** Called for each registered weight, to make its moments. */
  abstract void registered(String path, State weight);

  /**
   * Moves the weights by one step.
   *
   * @param grads one for each registered weight, of its type; for a weight of 16 bits it may be f32
   */
  public final void update(Grads grads) {
    Given.given("Optimizer.update", "grads", grads);
    if (!grads.byPath().keySet().equals(weights.byPath().keySet())) {
      throw differ(grads);
    }
    // All that can fail comes before anything is set.
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

  /** Outside of a compiled function, each operation of an update is a call of its own. */
  private void hint() {
    if (outside < HINT && Trace.current().isEmpty() && ++outside == HINT) {
      Log.info(
          ("%s.update has run %d times outside of a compiled function, each"
                  + " operation by itself (%s); compile gradient and update together with"
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

  /** Where the step starts: the weight in f32 for 16 bits, or its master if that is of it. */
  private Tensor start(String path, Tensor weight) {
    Tensor wide = RoundOnce.wide(weight);
    if (!masters.containsKey(path)) {
      return wide;
    }
    Tensor master = masters.get(path).value();
    return master.cast(weight.dtype()).eq(weight).select(master, wide);
  }

  /** How many updates have been made, this one included, in the type of {@code w}. */
  Tensor updates(Tensor w) {
    return count.value().cast(w.dtype());
  }

  /** A moment of a weight, zero at the start; in f32 for 16 bits. */
  State moment(State weight) {
    return moment(weight, 0);
  }

  State moment(State weight, double start) {
    TensorType type = weight.type();
    return other(HostTensor.full(type.with(RoundOnce.wide(type.dtype())), start));
  }

  /** The rate that the next update will use, {@code f64[]}. */
  public final Tensor rate() {
    Tensor now = Given.given("LearningRate: what it gives", rate.at(count.value().cast(DType.F64)));
    if (now.type().rank() > 0 || !now.dtype().isFloat()) {
      throw new TypeException(
          "LearningRate: what it gives has type "
              + now.type()
              + ", expected f64[] ("
              + SourceLocation.here()
              + "); for rates that differ give each group of weights an optimizer of its own");
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
   * What {@code rate} times is subtracted from the weight; moves the moments on. All in one type,
   * which is f32 where the weight has 16 bits.
   */
  abstract Tensor direction(String path, Tensor weight, Tensor grad);
}
