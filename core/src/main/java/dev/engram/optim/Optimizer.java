package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.Module;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import java.util.Map;

/** Moves registered weights along their gradients. */
public abstract class Optimizer extends Module {
  private States weights = new States(Map.of());

  /** Chooses the weights that {@link #update} moves. */
  public final void register(States weights) {
    this.weights = weights;
    weights.byPath().forEach(this::registered);
  }

  /** Called for each registered weight. */
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
    beforeStep();
    weights.byPath().forEach((path, s) -> s.set(step(path, s.value(), checked(path, s, grads))));
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

  /** Called before the weights of one update. */
  void beforeStep() {}

  /** The weight after one step. */
  abstract Tensor step(String path, Tensor weight, Tensor grad);
}
