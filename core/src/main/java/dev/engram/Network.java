package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/**
 * A model that maps a structure to a structure (see {@link Tree}), one step at a time: records of
 * several inputs, of an output for each of several heads, of an output and what else is of
 * interest. One of tensors is a {@link Layer}.
 */
public abstract class Network<X, O> extends Model implements Fn1<X, O> {

  /** Runs one step. */
  public abstract O update(X x);

  /** The same as {@link #update}: a network is a function. */
  @Override
  public final O apply(X x) {
    return update(x);
  }

  /**
   * Returns this network with weights that learn from each step's own gradient alone: online
   * learning builds no trace for them and logs no warning. For a readout, for example, that is
   * exact. The states and their paths are the same.
   */
  public Network<X, O> untraced() {
    return new ChangedWeights<>(this, Tensor::untraced);
  }

  /**
   * Returns this network with weights that do not learn: their gradients are zero, and online
   * learning builds no trace for them and logs no warning. Gradients of its inputs go through it.
   * The states and their paths are the same. An optimizer that is registered without them leaves
   * them alone; one that decays its weights must be.
   */
  public Network<X, O> frozen() {
    return new ChangedWeights<>(this, Network::frozenWeight);
  }

  static Tensor frozenWeight(Tensor weight) {
    return weight.untraced().stopGradient();
  }

  /**
   * A network that runs {@code step} with the states of {@code model}, whose paths it keeps, such
   * as {@code Network.of(net, net::encode)}.
   */
  public static <X, O> Network<X, O> of(Model model, Fn1<X, O> step) {
    Given.given("Network.of", "model", model);
    Given.given("Network.of", "step", step);
    return new ModelFunction<>(model, step);
  }

  private static final class ModelFunction<X, O> extends Network<X, O> implements Transparent {
    private final Model model;
    private final Fn1<X, O> step;

    ModelFunction(Model model, Fn1<X, O> step) {
      this.model = model;
      this.step = step;
    }

    @Override
    public O update(X x) {
      return step.apply(x);
    }

    @Override
    public String toString() {
      return model.toString();
    }
  }
}
