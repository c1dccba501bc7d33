package dev.engram;

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
   * Returns a network of the same states, whose weights learn from each step's own gradient alone:
   * online learning builds no trace for them and logs no warning. For a readout, for example, that
   * is exact. This network is not changed: keep the one that is returned, in a field of type {@link
   * Layer} or {@code Network}, or call {@code part.untraced().update(x)} where the part is used.
   */
  public Network<X, O> untraced() {
    return ChangedWeights.untraced(this);
  }

  /**
   * Returns a network of the same states, whose weights do not learn: their gradients are zero, and
   * online learning builds no trace for them and logs no warning. Gradients of its inputs go
   * through it. This network is not changed.
   *
   * <p>A weight that a model holds in frozen networks alone is not among its {@link
   * Model#trainable}, nor among the {@link dev.engram.online.Learner#weights} of a learner, so that
   * an optimizer registered with these never moves it, not even by decay. It is still among {@code
   * states().subset(State.Kind.PARAMETER)}, with which it is saved and loaded.
   */
  public Network<X, O> frozen() {
    return ChangedWeights.frozen(this);
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
