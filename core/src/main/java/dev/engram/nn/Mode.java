package dev.engram.nn;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;

/**
 * Switches a model between training and evaluation; shared by the layers whose behaviour differs.
 * It is a state, so compiled functions follow it.
 */
public final class Mode extends Model {
  private final State training = other(HostTensor.of(new boolean[] {true}));

  /** Switches to training, the initial mode. */
  public void train() {
    training.set(HostTensor.of(new boolean[] {true}));
  }

  /** Switches to evaluation. */
  public void eval() {
    training.set(HostTensor.of(new boolean[] {false}));
  }

  /** {@code bool[]} */
  public Tensor training() {
    return training.value();
  }
}
