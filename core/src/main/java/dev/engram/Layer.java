package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** A network that maps a tensor to a tensor: a cell, a neuron, a readout. */
public abstract class Layer extends Network<Tensor, Tensor> {

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
