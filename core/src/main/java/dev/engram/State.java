package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.state.StateSlot;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A tensor that a model keeps from call to call: a parameter, a hidden state, a counter.
 *
 * <p>Inside a transformation such as {@link Engram#jit} a read becomes an input of the traced
 * function and a write an extra result; the state itself changes after the run. A state made inside
 * a traced function lives until that function returns.
 */
public final class State {

  /** What a state is for. */
  public enum Kind {
    /** Learned by an optimizer: weights and biases. */
    PARAMETER,
    /** Carried from step to step by the model. */
    HIDDEN,
    /** Everything else: counters, random keys, optimizer moments. */
    OTHER
  }

  static {
    StateSlot.found(s -> s.slot);
  }

  private final StateSlot slot;

  State(Kind kind, Optional<Supplier<Tensor>> init, Optional<Model> owner) {
    slot = new StateSlot(this, kind, init, owner);
  }

  private State(String path, HostTensor value) {
    slot = new StateSlot(this, path, value);
  }

  /**
   * Makes a state that has this value at the start of every run; values set outside of traces are
   * discarded. It threads a data dependence through a traced function and remembers nothing between
   * calls.
   */
  static State fixed(String path, HostTensor value) {
    return new State(path, value);
  }

  /** Makes a state with a value. */
  public static State of(Kind kind, Tensor value) {
    Given.given("State.of", "kind", kind);
    State s = new State(kind, Optional.empty(), Optional.empty());
    s.slot.write(new StateSlot.Cell(value, 0));
    return s;
  }

  /** Makes a state without a value; {@link #init} sets it to the result of {@code init}. */
  public static State of(Kind kind, Supplier<Tensor> init) {
    Given.given("State.of", "kind", kind);
    Given.given("State.of", "init", init);
    return new State(kind, Optional.of(init), Optional.empty());
  }

  /** Makes a {@link Kind#PARAMETER} with this value. */
  public static State parameter(Tensor value) {
    return of(Kind.PARAMETER, value);
  }

  /**
   * Makes a {@link Kind#HIDDEN} without a value; {@link #init} sets it to the result of {@code
   * init}.
   */
  public static State hidden(Supplier<Tensor> init) {
    return of(Kind.HIDDEN, init);
  }

  /** Makes a {@link Kind#OTHER} with this value. */
  public static State other(Tensor value) {
    return of(Kind.OTHER, value);
  }

  /** Returns what the state is for. */
  public Kind kind() {
    return slot.kind();
  }

  /**
   * Returns the current value.
   *
   * @throws TraceException when the state has no value yet
   */
  public Tensor value() {
    return slot.value();
  }

  /**
   * Replaces the value by another of the same type. Within {@link Engram#vmap} that is the type of
   * one example.
   *
   * @throws TypeException when the current value has another type
   * @throws TraceException when {@code value} belongs to a trace that has ended
   */
  public void set(Tensor value) {
    Given.given("the value of a state", value);
    slot.set(value);
  }

  /**
   * Replaces the value by one of any type. Functions compiled for the old type are compiled again.
   *
   * @throws TraceException when {@code value} belongs to a trace that has ended
   */
  public void replace(Tensor value) {
    slot.replace(value);
  }

  /** Sets the initial value; does nothing for a state that was made with a value. */
  public void init() {
    slot.init();
  }

  /** Returns true when {@link #init} sets a value. */
  public boolean hasInit() {
    return slot.hasInit();
  }

  /** Returns true when the state has a value. */
  public boolean isInitialized() {
    return slot.knownType().isPresent();
  }

  /**
   * Returns the type of the current value.
   *
   * @throws TraceException when the state has no value yet
   */
  public TensorType type() {
    return slot.type();
  }

  /**
   * Returns the path within the outermost model that has been asked for its states, such as {@code
   * rnn.layers.0.h}; empty for a state that no model holds.
   */
  public String path() {
    return slot.path();
  }

  @Override
  public String toString() {
    return slot.describe() + slot.knownType().map(t -> ": " + t).orElse(" without a value");
  }
}
