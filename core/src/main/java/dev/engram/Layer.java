package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** A network that maps a tensor to a tensor: a cell, a neuron, a readout. */
public abstract class Layer extends Network<Tensor, Tensor> {

  @Override
  public final Layer untraced() {
    return new ChangedWeights.OfLayer(ChangedWeights.untraced(this));
  }

  @Override
  public final Layer frozen() {
    return new ChangedWeights.OfLayer(ChangedWeights.frozen(this));
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
