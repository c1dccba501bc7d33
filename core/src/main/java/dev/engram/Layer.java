package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** A model that takes a tensor and gives one: a cell, a network, a learner around it. */
public abstract class Layer extends Model implements Fn1<Tensor, Tensor> {

  /** One step. */
  public abstract Tensor update(Tensor x);

  /** The same as {@link #update}: a layer is a function. */
  @Override
  public final Tensor apply(Tensor x) {
    return update(x);
  }

  /**
   * This layer, the weights of which learn from each step's own gradient alone: online learning
   * builds no trace of them, and says nothing of it. For a readout, say, where that is exact. The
   * states and their paths are the same.
   */
  public final Layer untraced() {
    return new Untraced(this);
  }

  /** A layer without states, such as {@code Layer.of(Tensor::tanh)}. */
  public static Layer of(Fn1<Tensor, Tensor> f) {
    Given.given("Layer.of", "f", f);
    return new Layer() {
      @Override
      public Tensor update(Tensor x) {
        return f.apply(x);
      }
    };
  }
}
