package dev.engram;

import dev.engram.ir.Tensor;

/** A module that takes a tensor and gives one: a cell, a network, a learner around it. */
public abstract class Layer extends Module implements Fn1<Tensor, Tensor> {

  /** One step. */
  public abstract Tensor update(Tensor x);

  /** The same as {@link #update}: a layer is a function. */
  @Override
  public final Tensor apply(Tensor x) {
    return update(x);
  }
}
