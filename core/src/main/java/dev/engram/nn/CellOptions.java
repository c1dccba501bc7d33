package dev.engram.nn;

import dev.engram.Fn1;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.Optional;

/**
 * What the cells have in common: how weights, biases and initial states are made, and the
 * activation. Immutable: each method returns a changed copy of {@link #standard} options.
 *
 * <pre>{@code
 * new GruCell(in, hidden, key, CellOptions.standard().withWeights(Initializer.glorotUniform()).withLearnedState())
 * }</pre>
 *
 * @param weights initializer of each weight; empty for that of the cell
 * @param recurrent initializer of those rows of a weight that the hidden state meets; empty for
 *     that of the whole weight
 * @param bias initializer of each bias; empty for none
 * @param ofInputs parametrization of those rows of a weight that the input meets
 * @param ofStates parametrization of those rows of a weight that the hidden state meets
 * @param activation in the place of tanh; empty for tanh
 * @param state initializer of the initial hidden states
 * @param learnsState whether the initial hidden states are parameters
 */
public record CellOptions(
    DType dtype,
    Optional<Initializer> weights,
    Optional<Initializer> recurrent,
    Optional<Initializer> bias,
    Optional<Parametrization> ofInputs,
    Optional<Parametrization> ofStates,
    Optional<Fn1<Tensor, Tensor>> activation,
    Initializer state,
    boolean learnsState) {
  public CellOptions {
    Given.given("CellOptions", "dtype", dtype);
    Given.given("CellOptions", "weights", weights);
    Given.given("CellOptions", "recurrent", recurrent);
    Given.given("CellOptions", "bias", bias);
    Given.given("CellOptions", "ofInputs", ofInputs);
    Given.given("CellOptions", "ofStates", ofStates);
    Given.given("CellOptions", "activation", activation);
    Given.given("CellOptions", "state", state);
  }

  private static final CellOptions STANDARD =
      new CellOptions(
          DType.F32,
          Optional.empty(),
          Optional.empty(),
          Optional.of(Initializer.zeros()),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Initializer.zeros(),
          false);

  /** f32, the cell's own initializer of weights, biases and states of zero, tanh. */
  public static CellOptions standard() {
    return STANDARD;
  }

  /** Gives weights, biases and states this type. */
  public CellOptions withType(DType to) {
    return new CellOptions(
        to, weights, recurrent, bias, ofInputs, ofStates, activation, state, learnsState);
  }

  /** Makes each weight, in place of the initializer of the cell. */
  public CellOptions withWeights(Initializer to) {
    return new CellOptions(
        dtype,
        Optional.of(Given.given("CellOptions.withWeights", "to", to)),
        recurrent,
        bias,
        ofInputs,
        ofStates,
        activation,
        state,
        learnsState);
  }

  /** Makes those rows of each weight that the hidden state meets, {@code [hidden, hidden]}. */
  public CellOptions withRecurrentWeights(Initializer to) {
    return new CellOptions(
        dtype,
        weights,
        Optional.of(Given.given("CellOptions.withRecurrentWeights", "to", to)),
        bias,
        ofInputs,
        ofStates,
        activation,
        state,
        learnsState);
  }

  /** Makes each bias. */
  public CellOptions withBias(Initializer to) {
    return new CellOptions(
        dtype,
        weights,
        recurrent,
        Optional.of(Given.given("CellOptions.withBias", "to", to)),
        ofInputs,
        ofStates,
        activation,
        state,
        learnsState);
  }

  /** Leaves out the biases. */
  public CellOptions withoutBias() {
    return new CellOptions(
        dtype,
        weights,
        recurrent,
        Optional.empty(),
        ofInputs,
        ofStates,
        activation,
        state,
        learnsState);
  }

  /** Constrains those rows of each weight that the input meets, {@code [in, hidden]}. */
  public CellOptions withInputs(Parametrization to) {
    return new CellOptions(
        dtype,
        weights,
        recurrent,
        bias,
        Optional.of(Given.given("CellOptions.withInputs", "to", to)),
        ofStates,
        activation,
        state,
        learnsState);
  }

  /**
   * Constrains those rows of each weight that the hidden state meets, {@code [hidden, hidden]}: a
   * mask of connections, Dale's law.
   */
  public CellOptions withStates(Parametrization to) {
    return new CellOptions(
        dtype,
        weights,
        recurrent,
        bias,
        ofInputs,
        Optional.of(Given.given("CellOptions.withStates", "to", to)),
        activation,
        state,
        learnsState);
  }

  /** Takes another function in the place of tanh, elementwise. */
  public CellOptions withActivation(Fn1<Tensor, Tensor> to) {
    return new CellOptions(
        dtype,
        weights,
        recurrent,
        bias,
        ofInputs,
        ofStates,
        Optional.of(Given.given("CellOptions.withActivation", "to", to)),
        state,
        learnsState);
  }

  /**
   * Makes the initial hidden states, {@code [hidden]}; random ones are drawn once, the same for
   * each cell and example.
   */
  public CellOptions withState(Initializer to) {
    return new CellOptions(
        dtype,
        weights,
        recurrent,
        bias,
        ofInputs,
        ofStates,
        activation,
        Given.given("CellOptions.withState", "to", to),
        learnsState);
  }

  /**
   * Learns the initial hidden states: they are parameters {@code start.NAME}, added in the first
   * step after a reset. Backpropagation through time and RTRL give their exact gradient. Other
   * online rules treat them as any weight: exact for diagonal cells and leaky readouts; where a
   * state comes back through a weight, as in an LSTM, they have no trace, and learn from the loss
   * of the first step alone.
   */
  public CellOptions withLearnedState() {
    return new CellOptions(
        dtype, weights, recurrent, bias, ofInputs, ofStates, activation, state, true);
  }
}
