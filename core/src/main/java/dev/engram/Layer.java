package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** A model that maps a tensor to a tensor: a cell, a network, a learner around it. */
public abstract class Layer extends Model implements Fn1<Tensor, Tensor> {

  /** Runs one step. */
  public abstract Tensor update(Tensor x);

  /** The same as {@link #update}: a layer is a function. */
  @Override
  public final Tensor apply(Tensor x) {
    return update(x);
  }

  /**
   * Returns this layer with weights that learn from each step's own gradient alone: online learning
   * builds no trace for them and logs no warning. For a readout, for example, that is exact. The
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
