package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.Module;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Log;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import java.util.Collection;
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
 * apart from the gradient; {@link Gradients#withDecay} adds to the gradient instead, and {@link
 * Gradients} limits gradients.
 */
public abstract class Optimizer extends Module {
  /** How many names an error tells. */
  private static final int FEW = 3;

  /** After so many updates that are not compiled, the user is told. */
  private static final int HINT = 50;

  private final State count = other(HostTensor.of(new int[] {0}));
  private final LearningRate rate;
  private final double decay;
  private States weights = new States(Map.of());
  private int outside;

  Optimizer(LearningRate rate, double decay) {
    this.rate = rate;
    this.decay = decay;
  }

  /**
   * Chooses the weights that {@link #update} moves.
   *
   * @throws EngramException when weights are registered already: their moments would be lost
   */
  public final void register(States weights) {
    if (!this.weights.byPath().isEmpty()) {
      throw new EngramException(
          getClass().getSimpleName()
              + ".register: got "
              + few(weights.byPath().keySet())
              + " after "
              + few(this.weights.byPath().keySet())
              + ", expected one call; register all weights at once, or make another optimizer ("
              + Where.here()
              + ")");
    }
    this.weights = weights;
    weights.byPath().forEach(this::registered);
  }

  /** Called for each registered weight, to make its moments. */
  abstract void registered(String path, State weight);

  /**
   * Moves the weights by one step.
   *
   * @param grads one for each registered weight, of its type
   */
  public final void update(Grads grads) {
    if (!grads.byPath().keySet().equals(weights.byPath().keySet())) {
      throw differ(grads);
    }
    hint();
    Tensor done = count.value();
    count.set(done.add(1));
    weights
        .byPath()
        .forEach((path, s) -> s.set(step(path, s.value(), checked(path, s, grads), done)));
  }

  private EngramException differ(Grads grads) {
    String name = getClass().getSimpleName();
    if (weights.byPath().isEmpty()) {
      return new EngramException(
          ("%s.update: no weights are registered, expected those of the %d"
                  + " gradients (%s); call register(weights) once, with the weights that grad"
                  + " is taken of")
              .formatted(name, grads.paths().size(), Where.here()));
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
            .formatted(name, what, weights.size(), Where.here()));
  }

  private static String few(Collection<String> paths) {
    String first = paths.stream().limit(FEW).collect(Collectors.joining(", "));
    return first + (paths.size() > FEW ? ", and " + (paths.size() - FEW) + " more" : "");
  }

  /** Outside of a compiled function, each operation of an update is a call of its own. */
  private void hint() {
    if (outside < HINT && Trace.current().isEmpty() && ++outside == HINT) {
      Log.info(
          ("%s.update has run %d times outside of a compiled function, each"
                  + " operation by itself (%s); compile gradient and update together with"
                  + " Engram.jit, which takes a fraction of the time")
              .formatted(getClass().getSimpleName(), HINT, Where.here()));
    }
  }

  private Tensor step(String path, Tensor w, Tensor g, Tensor done) {
    Tensor direction = direction(path, w, g);
    Tensor whole = decay == 0 ? direction : direction.add(w.mul(decay));
    return w.sub(whole.mul(rate.at(done.cast(DType.F64)).cast(w.dtype())));
  }

  /** How many updates have been made, this one included, in the type of {@code w}. */
  Tensor updates(Tensor w) {
    return count.value().cast(w.dtype());
  }

  /** A moment of each weight, zero at the start. */
  State moment(State weight) {
    return other(HostTensor.full(weight.type(), 0));
  }

  /** The rate that the next update will use, {@code f64[]}. */
  public final Tensor rate() {
    return rate.at(count.value().cast(DType.F64));
  }

  private Tensor checked(String path, State weight, Grads grads) {
    Tensor g = grads.get(path);
    if (!g.type().equals(weight.type())) {
      throw new TypeException(
          getClass().getSimpleName()
              + ".update: the gradient of "
              + path
              + " has type "
              + g.type()
              + ", expected "
              + weight.type()
              + " ("
              + Where.here()
              + ")");
    }
    return g;
  }

  /** What {@code rate} times is subtracted from the weight; moves the moments on. */
  abstract Tensor direction(String path, Tensor weight, Tensor grad);
}
