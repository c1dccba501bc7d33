package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.Module;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import java.util.Map;

/**
 * Moves registered weights along their gradients: {@code w = w - rate · (direction + decay · w)},
 * where the direction is what the kinds of optimizers differ in.
 *
 * <p>The rate may follow a {@link LearningRate}. The decay is that of Loshchilov and Hutter (2019),
 * apart from the gradient; {@link Gradients#withDecay} adds to the gradient instead, and {@link
 * Gradients} limits gradients.
 */
public abstract class Optimizer extends Module {
  private final State count = other(HostTensor.of(new int[] {0}));
  private final LearningRate rate;
  private final double decay;
  private States weights = new States(Map.of());

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
              + weights.paths()
              + " after "
              + this.weights.paths()
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
      throw new EngramException(
          getClass().getSimpleName()
              + ".update: got gradients for "
              + grads.paths()
              + ", expected the registered weights "
              + weights.paths()
              + " ("
              + Where.here()
              + "); call register(weights) with the weights that grad was taken of");
    }
    Tensor done = count.value();
    count.set(done.add(1));
    weights
        .byPath()
        .forEach((path, s) -> s.set(step(path, s.value(), checked(path, s, grads), done)));
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
