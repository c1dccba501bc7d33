package dev.engram.nn;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;

/**
 * Whether a model trains or is evaluated; shared by the layers that differ in it. It is a state, so
 * that compiled functions follow it.
 */
public final class Mode extends Model {
  private final State training = other(HostTensor.of(new boolean[] {true}));

  /** From now on layers are as in training, as they are at first. */
  public void train() {
    training.set(HostTensor.of(new boolean[] {true}));
  }

  /** From now on layers are as in use. */
  public void eval() {
    training.set(HostTensor.of(new boolean[] {false}));
  }

  /** {@code bool[]} */
  public Tensor training() {
    return training.value();
  }
}
