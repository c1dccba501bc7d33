package dev.engram;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.state.ModelWalk;
import dev.engram.state.NewStates;
import dev.engram.state.Told;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A model or a part of one. Its states are those found in its fields: each {@link State}, those of
 * each nested {@code Model}, and those inside collections, maps, optionals, arrays and records of
 * them. The names of the fields form the paths, such as {@code rnn.layers.0.Wz.weight}.
 */
public abstract class Model {
  static {
    Told.found(m -> m.told);
  }

  private final Told told = new Told();

  /** Returns all states of this model, with paths relative to it. */
  public final States states() {
    return new ModelWalk(this).states();
  }

  /**
   * Returns the parameters that learn, for an optimizer and {@code grad}: all but those that this
   * model holds in {@link Network#frozen} networks alone. One that it also holds elsewhere, such as
   * in a field of its own, is among them.
   */
  public final States trainable() {
    return ModelWalk.trainable(this);
  }

  /**
   * Returns this model and all models inside it by path, in the order of their fields; the path of
   * this model is empty. A model that is used in several places is there once. Wrappers, such as
   * {@link Vmap}, are passed over.
   */
  public final Map<String, Model> parts() {
    return new ModelWalk(this).models();
  }

  /**
   * Returns a table of all {@link #parts}: path, class, own states with their types, and the number
   * of parameters in and below each.
   */
  public final String summary() {
    return ModelSummary.of(this);
  }

  /** Sets every state that has an initial value, such as a hidden state, to that value. */
  public final void initAllStates() {
    states().values().forEach(State::init);
  }

  /**
   * Like {@link #initAllStates()}, with a batch axis of length {@code batch} in front of every
   * hidden state, for a model that is called on whole batches.
   */
  public final void initAllStates(int batch) {
    if (batch < 1) {
      throw new TypeException(
          "initAllStates: batch="
              + batch
              + ", expected at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    for (State s : states().values()) {
      s.init();
      if (s.hasInit() && s.kind() == State.Kind.HIDDEN) {
        s.replace(NewStates.repeat(s.value(), batch));
      }
    }
  }

  /** Makes a parameter of this model. */
  protected final State parameter(Tensor value) {
    return owned(State.Kind.PARAMETER, value);
  }

  /** Makes a hidden state, which {@link #initAllStates()} sets to the result of {@code init}. */
  protected final State hidden(Supplier<Tensor> init) {
    return new State(State.Kind.HIDDEN, Optional.of(init), Optional.of(this));
  }

  /** Makes a state of kind {@code OTHER}: a counter, a moment, a random key. */
  protected final State other(Tensor value) {
    return owned(State.Kind.OTHER, value);
  }

  private State owned(State.Kind kind, Tensor value) {
    State s = new State(kind, Optional.empty(), Optional.of(this));
    s.set(value);
    return s;
  }

  /** {@code GruNet(1234 parameters)}. */
  @Override
  public String toString() {
    long n = ModelSummary.size(states().subset(State.Kind.PARAMETER).values());
    return ModelWalk.className(this) + "(" + n + " parameters)";
  }
}
